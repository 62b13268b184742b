using System.CommandLine;
using Fulgurite.Bench.Policies;

namespace Fulgurite.Bench.Commands;

/// <summary><c>policies</c>: what the ways of keeping the best and the newest state cost a training.</summary>
internal static class PoliciesCommand
{
    public static Command Create()
    {
        var width = new Option<int>("--width") { DefaultValueFactory = _ => 2048, Description = "Features of each layer." };
        var layers = new Option<int>("--layers") { DefaultValueFactory = _ => 6, Description = "How many Linear+ReLU." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 64, Description = "Rows of a batch." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 60, Description = "Optimizer steps for each policy." };
        var every = new Option<int>("--every")
        {
            DefaultValueFactory = _ => 10,
            Description = "Steps from one validation to the next; each is better than the one before.",
        };
        var directory = new Option<string>("--dir")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "bench-policies"),
            Description = "Where checkpoints go; emptied at the end.",
        };
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
