using System.CommandLine;
using Fulgurite.Bench.Optim;

namespace Fulgurite.Bench.Commands;

/// <summary><c>optim</c>: a step of AdamW, by ours and by others.</summary>
internal static class OptimCommand
{
    public static Command Create()
    {
        var shapes = new Option<string[]>("--shape")
        {
            DefaultValueFactory = _ => OptimRun.Shapes,
            AllowMultipleArgumentsPerToken = true,
            Description = "mlp (25 M), transformer (200 tensors, 52 M), tiny (20,000 tensors of 64), embedding (1 M x 64).",
        };
        shapes.AcceptOnlyFromAmong(OptimRun.Shapes);
        var scale = Option.Of<double>("--scale", 1, "What large tensors, and the number of tiny ones, are multiplied by.");
        var rounds = Option.Of("--rounds", 9, "Rounds, in each of which every arm makes one step.");
        var threads = Option.Of("--threads", 0, "Threads that compute; 0 for libtorch's choice.");
        var peers = new Option<bool>("--peers") { Description = "Measure Python's as well." };
        var command = new Command(
            "optim", "A step of FusedAdamW beside TorchSharp's AdamW, libtorch's fused operator, and the memory bandwidth.")
        {
            shapes, scale, rounds, threads, peers,
        };
        command.SetAction(result => new OptimRun(
            result.GetValue(shapes)!, result.GetValue(scale), result.GetValue(rounds), result.GetValue(threads),
            result.GetValue(peers)).Run());
        return command;
    }
}
