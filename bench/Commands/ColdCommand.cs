using System.CommandLine;
using Fulgurite.Bench.Cold;

namespace Fulgurite.Bench.Commands;

/// <summary><c>cold</c>: what the first use in a process costs.</summary>
internal static class ColdCommand
{
    public static Command Create()
    {
        var megabytes = new Option<long>("--mb") { DefaultValueFactory = _ => 288, Description = "The size of the state to save, in MiB." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "New processes of each arm, after one." };
        var published = new Option<string>("--published")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "tool", "Fulgurite.Cli"),
            Description = "The tool, published for this platform.",
        };
        var installed = new Option<string>("--installed")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "bin", "Fulgurite.Cli", "release", "Fulgurite.Cli.dll"),
            Description = "The tool as its package for all platforms has it: the assembly, or what dotnet tool install made.",
        };
        var directory = new Option<string>("--dir")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "bench-cold"),
            Description = "Where the files go; removed at the end.",
        };
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
