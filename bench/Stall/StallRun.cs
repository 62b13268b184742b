using Fulgurite.Bench.Measuring;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Stall;

/// <summary>Measures all ways in turns, so that what else the machine does touches all alike.</summary>
internal static class StallRun
{
    /// <summary>The arm that saves as a loop by hand does: <c>Module.save</c> and <c>Optimizer.save_state_dict</c>.</summary>
    public const string ByHand = "module-save";

    public static int Run(StallSettings settings)
    {
        if (settings.Threads > 0)
        {
            set_num_threads(settings.Threads);
        }

        System.IO.Directory.CreateDirectory(settings.Directory);
        using var peer = settings.Peers ? StartPeer(settings) : null;
        using var training = settings.Arms.Count > 0
            ? BareTraining.OfPerceptron(settings.Width, settings.Layers, settings.Batch, settings.IsFused)
            : null;
        var arms = settings.Arms.Select(name => (IStallArm)new StallArm(name, Create(name, settings), training!, settings)).ToList();
        var none = arms.ElementAtOrDefault(settings.Arms.ToList().IndexOf("none"));
        if (peer is not null)
        {
            // Which there are depends on what that Python has: Lightning's own are among them where it can be imported.
            arms.AddRange(peer.Ask($"list arms")["arms"]!.AsArray().Select(name => new PeerStallArm(peer, name!.GetValue<string>())));
        }

        try
        {
            Measure(arms, none, settings.Rounds);
        }
        finally
        {
            arms.ForEach(arm => arm.Dispose());
            System.IO.Directory.Delete(settings.Directory, recursive: true);
        }

        return settings.Peers && peer is null ? 1 : 0;
    }

    private static void Measure(List<IStallArm> arms, IStallArm? none, int rounds)
    {
        arms.ForEach(arm => arm.Round(isWarmUp: true));
        for (var round = 0; round < rounds; round++)
        {
            // Another one begins each time: the first in a round finds the machine cooler.
            foreach (var arm in Arms.InTurn(arms, round))
            {
                arm.Round(isWarmUp: false);
            }
        }

        arms.ForEach(arm => arm.Report(none));
    }

    private static PythonPeer? StartPeer(StallSettings settings)
    {
        var peer = PythonPeer.TryStart("stall.py", out var missing, settings.ToArguments());
        if (peer is null)
        {
            Console.Error.WriteLine($"The peers in Python are not measured: {missing}");
        }

        return peer;
    }

    private static CheckpointIO? Create(string name, StallSettings settings) => name switch
    {
        "torch" => new TorchCheckpointIO(),
        "safetensors" => new SafetensorsCheckpointIO(),
        "async" => new AsyncCheckpointIO(Create(settings.Base, settings)!),
        _ => null,
    };
}
