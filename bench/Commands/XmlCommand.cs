using System.CommandLine;
using Fulgurite.Bench.Stall.Paired;
using Fulgurite.Bench.Xml;

namespace Fulgurite.Bench.Commands;

/// <summary><c>xml</c>: what best and last at every validation cost a training of AttentionXML at its published sizes.</summary>
internal static class XmlCommand
{
    public static Command Create()
    {
        var shape = Option.Of(
            "--shape", XmlShape.Names[0],
            "A data set and a level of its label tree: amazoncat-0 (1.8 GiB with Adam), amazoncat-1 (1.9 GiB), amazon670k-0 (3.2 GiB).");
        shape.AcceptOnlyFromAmong(XmlShape.Names);
        var arms = new Option<string[]>("--arms")
        {
            DefaultValueFactory = _ => XmlRun.Arms,
            AllowMultipleArgumentsPerToken = true,
            Description = "none, torch (training waits), async, async-best-in-ram, incremental (in the background), python-none, "
                + "python-torch-save (the same model in Python); in turns.",
        };
        arms.AcceptOnlyFromAmong([.. XmlRun.Arms, .. XmlRun.Peers]);
        var scale = Option.Of<double>("--scale", 1, "The part of words and labels; 1 for the published sizes.");
        var validations = Option.Of(
            "--validations", 20, "Validations of one training; each is better than the one before, so best and last are saved.");
        var every = Option.Of(
            "--every", 5, "Steps from one validation to the next; 100 with --paired, as in the reference implementation.");
        var batch = Option.Of("--batch", 8, "Documents in a batch.");
        var tokens = Option.Of("--tokens", 64, "Words of a document.");
        var rounds = Option.Of("--rounds", 3, "Trainings of each arm.");
        var optimizer = Option.Of(
            "--optimizer", XmlRun.Fused,
            "fused (FusedAdam), sparse (the same with sparse gradients of embedding and attention), adam (TorchSharp's).");
        optimizer.AcceptOnlyFromAmong(XmlRun.Optimizers);
        var chain = Option.Of(
            "--chain", new IncrementalCheckpointOptions().MaxChainLength, "Increments on a full file at most, in the arm incremental.");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-xml"), "Where checkpoints go; emptied at the end.");
        var peers = new Option<bool>("--peers") { Description = "Adds the arms of Python." };
        var paired = new Option<bool>("--paired")
        {
            Description = "What saving adds to the training, by short blocks that save next to blocks that do not, as stall --paired "
                + "measures it, with the usual number of threads and with all.",
        };
        var block = Option.Of("--block", 4, "Steps of such a block.");
        var seconds = Option.Of<double>("--seconds", 130, "How long that is measured, for each number of threads.");
        var threads = new Option<int>("--threads") { Description = "Threads of libtorch with --paired; 0 for both numbers." };
        var command = new Command(
            "xml", "AttentionXML at its published sizes: best and last at every validation, while training waits and in the background.")
        {
            shape, arms, scale, validations, every, batch, tokens, rounds, optimizer, chain, directory, peers, paired, block,
            seconds, threads,
        };
        command.SetAction(result =>
        {
            var isPaired = result.GetValue(paired);
            var settings = new XmlSettings(
                result.GetValue(shape)!,
                result.GetValue(scale),
                [.. result.GetValue(arms)!.Union(result.GetValue(peers) ? XmlRun.Peers : [])],
                result.GetValue(validations),
                isPaired && (result.GetResult(every)?.Implicit ?? true) ? 100 : result.GetValue(every),
                result.GetValue(batch),
                result.GetValue(tokens),
                result.GetValue(rounds),
                result.GetValue(optimizer)!,
                result.GetValue(directory)!,
                result.GetValue(chain));
            var run = new XmlRun(settings);
            if (isPaired)
            {
                run.RunPaired(
                    PairedSettings.ThreadsOf(result.GetValue(threads)), result.GetValue(block), result.GetValue(seconds));
            }
            else
            {
                run.Run();
            }
        });
        return command;
    }
}
