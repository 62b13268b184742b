using System.CommandLine;
using Fulgurite.Bench.Stall;
using Fulgurite.Bench.Stall.Paired;
using Fulgurite.Bench.Stall.Saturated;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Commands;

/// <summary><c>stall</c>: what saving costs a training, for each way of saving.</summary>
internal static class StallCommand
{
    public static Command Create()
    {
        var io = new Option<string[]>("--io")
        {
            DefaultValueFactory = _ => ["none", "torch", "safetensors", "async", StallRun.ByHand],
            AllowMultipleArgumentsPerToken = true,
            Description = "none, torch, safetensors, async, module-save (TorchSharp by hand); several are interleaved.",
        };
        io.AcceptOnlyFromAmong("none", "torch", "safetensors", "async", StallRun.ByHand);
        var width = Option.Of("--width", 2048, "Features of each layer.");
        var layers = Option.Of("--layers", 6, "How many Linear+ReLU.");
        var batch = Option.Of("--batch", 64, "Rows of a batch.");
        var steps = Option.Of("--steps", 40, "Optimizer steps of one round.");
        var every = Option.Of("--every", 5, "Steps from one save to the next.");
        var rounds = Option.Of("--rounds", 3, "Rounds of each way, in turns, after a few steps of warm-up.");
        var threads = Option.Of("--threads", 0, "Threads that compute; 0 for libtorch's choice.");
        var supersede = new Option<bool>("--supersede")
        {
            Description = "Save into a slot, so that newer saves supersede waiting ones. Else every save has to become durable.",
        };
        var inner = Option.Of("--base", "torch", "What async writes with: torch or safetensors.");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-stall"), "Where checkpoints go; emptied at the end.");
        var peers = new Option<bool>("--peers")
        {
            Description = "Measure torch.save, clone-then-thread and, where it is installed, Lightning in Python as well.",
        };
        var peersOnly = new Option<bool>("--peers-only")
        {
            Description = "Measure those in Python alone: for states that memory holds only once.",
        };
        var stateGb = new Option<double?>("--state-gb")
        {
            Description = "The size of the state in GiB instead of --width and --layers, roughly: 0.28, 1, 4.",
        };
        var paired = new Option<bool>("--paired")
        {
            Description = "What saving adds to a training, by short blocks that save beside blocks that do not: "
                + "durably every --every steps, at every step with superseding or without another pending save, "
                + "bare writes as the floor, and TorchSharp's Adam beside the fused one.",
        };
        var block = Option.Of("--block", 4, "Steps of such a block: long enough for a save to become durable within it.");
        var seconds = Option.Of<double>("--seconds", 130, "How long that is measured, for each number of threads.");
        var saturated = new Option<bool>("--saturated")
        {
            Description = "A save at every step into a slot, while other threads write to the disk as much as it takes.",
        };
        var saves = Option.Of("--saves", 1000, "How many saves that are.");
        var optimizer = Option.Of("--optimizer", "torch", "torch for TorchSharp's Adam, fused for FusedAdam, which copies in its step.");
        optimizer.AcceptOnlyFromAmong("torch", "fused");
        var command = new Command("stall", "A training of a multilayer perceptron with Adam that saves its full state.")
        {
            io, width, layers, batch, steps, every, rounds, threads, supersede, inner, directory, peers, peersOnly, stateGb, paired, block,
            seconds, saturated, saves, optimizer,
        };
        command.SetAction(result =>
        {
            var isPaired = result.GetValue(paired);
            var isSaturated = result.GetValue(saturated);
            T Pick<T>(Option<T> option, T instead, bool wanted) =>
                wanted && (result.GetResult(option)?.Implicit ?? true) ? instead : result.GetValue(option)!;
            var shape = Pick(stateGb, 0.01, isSaturated) is { } gb
                ? StallShape.OfSize(gb)
                : new StallShape(result.GetValue(width), result.GetValue(layers));
            var isPeersOnly = result.GetValue(peersOnly);
            var settings = new StallSettings(
                isPeersOnly ? [] : result.GetValue(io)!,
                shape.Width,
                shape.Layers,
                result.GetValue(batch),
                result.GetValue(steps),
                Pick(every, 10, isPaired),
                result.GetValue(rounds),
                result.GetValue(threads),
                result.GetValue(supersede),
                result.GetValue(inner)!,
                result.GetValue(directory)!,
                result.GetValue(peers) || isPeersOnly,
                result.GetValue(optimizer) == "fused");
            return isPaired
                ? PairedRun.Run(
                    new PairedSettings(
                        settings, PairedSettings.ThreadsOf(settings.Threads), result.GetValue(block), result.GetValue(seconds)),
                    () => BareTraining.OfPerceptron(settings.Width, settings.Layers, settings.Batch, settings.IsFused),
                    settings.IsFused ? () => BareTraining.OfPerceptron(settings.Width, settings.Layers, settings.Batch) : null)
                : isSaturated ? SaturatedRun.Run(settings, result.GetValue(saves))
                : StallRun.Run(settings);
        });
        return command;
    }
}
