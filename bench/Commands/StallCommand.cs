using System.CommandLine;
using Fulgurite.Bench.Stall;

namespace Fulgurite.Bench.Commands;

/// <summary><c>stall</c>: what saving costs a training, for each way of saving.</summary>
internal static class StallCommand
{
    public static Command Create()
    {
        var io = new Option<string[]>("--io") { DefaultValueFactory = _ => ["none", "torch", "safetensors", "async"], AllowMultipleArgumentsPerToken = true, Description = "none, torch, safetensors, async; several are interleaved." };
        io.AcceptOnlyFromAmong("none", "torch", "safetensors", "async");
        var width = new Option<int>("--width") { DefaultValueFactory = _ => 2048, Description = "Features of each layer." };
        var layers = new Option<int>("--layers") { DefaultValueFactory = _ => 6, Description = "How many Linear+ReLU." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 64, Description = "Rows of a batch." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 40, Description = "Optimizer steps of one round." };
        var every = new Option<int>("--every") { DefaultValueFactory = _ => 5, Description = "Steps from one save to the next." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "Rounds of each way, in turns, after a few steps of warm-up." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 0, Description = "Threads that compute; 0 for libtorch's choice." };
        var supersede = new Option<bool>("--supersede") { Description = "Save into a slot, so that newer saves supersede waiting ones. Else every save has to become durable." };
        var inner = new Option<string>("--base") { DefaultValueFactory = _ => "torch", Description = "What async writes with: torch or safetensors." };
        var directory = new Option<string>("--dir") { DefaultValueFactory = _ => Path.Combine("artifacts", "bench-stall"), Description = "Where checkpoints go; emptied at the end." };
        var peers = new Option<bool>("--peers") { Description = "Measure torch.save, clone-then-thread and, where it is installed, Lightning in Python as well." };
        var command = new Command("stall", "A training of a multilayer perceptron with Adam that saves its full state.") { io, width, layers, batch, steps, every, rounds, threads, supersede, inner, directory, peers };
        command.SetAction(result =>
        {
            var settings = new StallSettings(
                result.GetValue(io)!,
                result.GetValue(width),
                result.GetValue(layers),
                result.GetValue(batch),
                result.GetValue(steps),
                result.GetValue(every),
                result.GetValue(rounds),
                result.GetValue(threads),
                result.GetValue(supersede),
                result.GetValue(inner)!,
                result.GetValue(directory)!,
                result.GetValue(peers));
            return StallRun.Run(settings);
        });
        return command;
    }
}
