using System.CommandLine;
using Fulgurite.Bench.Policies;

namespace Fulgurite.Bench.Commands;

/// <summary><c>policies</c>: what the ways of keeping the best and the newest state cost a training.</summary>
internal static class PoliciesCommand
{
    public static Command Create()
    {
        var width = Option.Of("--width", 2048, "Features of each layer.");
        var layers = Option.Of("--layers", 6, "How many Linear+ReLU.");
        var batch = Option.Of("--batch", 64, "Rows of a batch.");
        var steps = Option.Of("--steps", 60, "Optimizer steps for each policy.");
        var every = Option.Of("--every", 10, "Steps from one validation to the next; each is better than the one before.");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-policies"), "Where checkpoints go; emptied at the end.");
        var command = new Command(
            "policies",
            "The trainer with no checkpoints, with the best and the newest saved while it waits and in the background, "
                + "and with the best in memory.")
        {
            width, layers, batch, steps, every, directory,
        };
        command.SetAction(result => new PolicyRun(
            result.GetValue(width),
            result.GetValue(layers),
            result.GetValue(batch),
            result.GetValue(steps),
            result.GetValue(every),
            result.GetValue(directory)!).Run());
        return command;
    }
}
