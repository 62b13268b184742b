using System.CommandLine;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Resume;

namespace Fulgurite.Bench.Commands;

/// <summary><c>resume</c>: what a fit that resumes needs to its first batch, beside a raw read and a copy.</summary>
internal static class ResumeCommand
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
        var peers = new Option<bool>("--peers") { Description = "Measure Module.load, TorchSharp.PyBridge and torch.load as well." };
        var command = new Command("resume", "From Fit(checkpointPath) to the first batch, beside a raw read and a copy of the same bytes.") { format, shape, megabytes, rounds, directory, peers };
        command.SetAction(result =>
        {
            using var run = new ResumeRun(new FilesSettings(
                result.GetValue(format)!,
                result.GetValue(shape)!,
                result.GetValue(megabytes),
                result.GetValue(rounds),
                result.GetValue(directory)!,
                result.GetValue(peers),
                Direct: true,
                Only: []));
            run.Run();
        });
        return command;
    }
}
