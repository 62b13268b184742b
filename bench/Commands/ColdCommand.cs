using System.CommandLine;
using Fulgurite.Bench.Cold;

namespace Fulgurite.Bench.Commands;

/// <summary><c>cold</c>: what the first use in a process costs.</summary>
internal static class ColdCommand
{
    public static Command Create()
    {
        var megabytes = Option.Of<long>("--mb", 288, "The size of the state to save, in MiB.");
        var rounds = Option.Of("--rounds", 5, "New processes of each arm, after one.");
        var published = Option.Of(
            "--published", Path.Combine("artifacts", "tool", "Fulgurite.Cli"), "The tool, published for this platform.");
        var installed = Option.Of(
            "--installed", Path.Combine("artifacts", "bin", "Fulgurite.Cli", "release", "Fulgurite.Cli.dll"),
            "The tool as its package for all platforms has it: the assembly, or what dotnet tool install made.");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-cold"), "Where the files go; removed at the end.");
        var worker = new Option<string?>("--worker") { Hidden = true, Description = "This process is one of those that are measured." };
        var format = new Option<string>("--format")
        {
            Hidden = true,
            DefaultValueFactory = _ => "torch",
            Description = "The format of the file of a worker.",
        };
        var command = new Command("cold", "The first save, start and resume of a process, and fulgurite inspect, in new processes.")
        {
            megabytes, rounds, published, installed, directory, worker, format,
        };
        command.SetAction(result =>
        {
            var folder = result.GetValue(directory)!;
            var file = Path.GetFullPath(Path.Combine(folder, $"{result.GetValue(format)}.ckpt"));
            switch (result.GetValue(worker))
            {
                case null:
                    return new ColdRun(
                        result.GetValue(megabytes), result.GetValue(rounds), folder,
                        [("published", result.GetValue(published)!), ("installed", result.GetValue(installed)!)]).Run();
                case "save":
                    ColdWorker.Save(folder, result.GetValue(megabytes));
                    return 0;
                case "start":
                    ColdWorker.Start(null, "torch");
                    return 0;
                case "prepare":
                    ColdWorker.Prepare(file, result.GetValue(format)!);
                    return 0;
                default:
                    ColdWorker.Start(file, result.GetValue(format)!);
                    return 0;
            }
        });
        return command;
    }
}
