using System.CommandLine;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Resume;

namespace Fulgurite.Bench.Commands;

/// <summary><c>files</c> and <c>resume</c>: what checkpoint files cost, beside the disk, a copy in memory, and Python.</summary>
internal static class FilesCommand
{
    /// <summary>Creates <c>files</c>: what writing and reading costs.</summary>
    public static Command Create()
    {
        var buffered = new Option<bool>("--buffered") { Description = "Write through the page cache." };
        var only = new Option<string[]>("--only")
        {
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
            Description = "Measure only these: save, save_live, raw_write, raw_gathered, load, raw_read, raw_scattered, attach. "
                + "For a profiler.",
        };
        return Create(
            "files", "Save, load and attach of one state, beside raw writes and reads of the same bytes.", [buffered, only],
            (result, settings) =>
            {
                using var run = new FilesRun(settings with { Direct = !result.GetValue(buffered), Only = result.GetValue(only)! });
                run.Run();
            });
    }

    /// <summary>Creates <c>resume</c>: what a fit that resumes needs to its first batch.</summary>
    public static Command CreateResume()
    {
        var optimizer = Option.Of("--optimizer", "none", "none, or fused: the state includes that of FusedAdam, two thirds of it.");
        optimizer.AcceptOnlyFromAmong("none", "fused");
        return Create(
            "resume", "From Fit(checkpointPath) to the first batch, beside a raw read and a copy of the same bytes.", [optimizer],
            (result, settings) =>
            {
                using var run = new ResumeRun(settings with { IsFused = result.GetValue(optimizer) == "fused" });
                run.Run();
            });
    }

    private static Command Create(string name, string description, Option[] own, Action<ParseResult, FilesSettings> run)
    {
        var format = Option.Of("--format", "torch", "torch or safetensors.");
        format.AcceptOnlyFromAmong("torch", "safetensors");
        var shape = Option.Of("--shape", "few", "few, transformer, many or tied.");
        shape.AcceptOnlyFromAmong("few", "transformer", "many", "tied");
        var megabytes = Option.Of<long>("--mb", 1024, "The size of the state, in MiB.");
        var rounds = Option.Of("--rounds", 7, "How often each arm is measured, after one round of warm-up.");
        var directory = Option.Of(
            "--dir", Path.Combine("artifacts", "bench-files"), "Where the files go, on the disk that is measured; emptied at the end.");
        var peers = new Option<bool>("--peers")
        {
            Description = "Measure Module.save, Module.load, torch.save and torch.load (Python) as well, and in files TorchSharp.PyBridge.",
        };
        var command = new Command(name, description) { format, shape, megabytes, rounds, directory, peers };
        foreach (var option in own)
        {
            command.Add(option);
        }

        command.SetAction(result => run(result, new FilesSettings(
            result.GetValue(format)!,
            result.GetValue(shape)!,
            result.GetValue(megabytes),
            result.GetValue(rounds),
            result.GetValue(directory)!,
            result.GetValue(peers),
            Direct: true,
            Only: [])));
        return command;
    }
}
