using System.CommandLine;
using Fulgurite.Bench.Files;

namespace Fulgurite.Bench.Commands;

/// <summary><c>files</c>: what writing and reading checkpoint files costs, beside the disk and beside Python.</summary>
internal static class FilesCommand
{
    public static Command Create()
    {
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "torch", Description = "torch or safetensors." };
        format.AcceptOnlyFromAmong("torch", "safetensors");
        var shape = new Option<string>("--shape") { DefaultValueFactory = _ => "few", Description = "few, transformer, many or tied." };
        shape.AcceptOnlyFromAmong("few", "transformer", "many", "tied");
        var megabytes = new Option<long>("--mb") { DefaultValueFactory = _ => 1024, Description = "The size of the state, in MiB." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 7, Description = "How often each arm is measured, after one round of warm-up." };
        var directory = new Option<string>("--dir") { DefaultValueFactory = _ => Path.Combine("artifacts", "bench-files"), Description = "Where the files go, on the disk that is measured; emptied at the end." };
        var peers = new Option<bool>("--peers") { Description = "Measure Module.save and TorchSharp.PyBridge, and torch.save and torch.load in Python, as well." };
        var buffered = new Option<bool>("--buffered") { Description = "Write through the page cache." };
        var only = new Option<string[]>("--only") { DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true, Description = "Measure only these: save, save_live, raw_write, load, raw_read, attach. For a profiler." };
        var command = new Command("files", "Save, load and attach of one state, beside raw writes and reads of the same bytes.") { format, shape, megabytes, rounds, directory, peers, buffered, only };
        command.SetAction(result =>
        {
            using var run = new FilesRun(new FilesSettings(
                result.GetValue(format)!,
                result.GetValue(shape)!,
                result.GetValue(megabytes),
                result.GetValue(rounds),
                result.GetValue(directory)!,
                result.GetValue(peers),
                !result.GetValue(buffered),
                result.GetValue(only)!));
            run.Run();
        });
        return command;
    }
}
