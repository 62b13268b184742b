using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Stall;

/// <summary>A way of saving in Python; the peer runs its rounds when its turn comes.</summary>
internal sealed class PeerStallArm(PythonPeer peer, string name) : IStallArm
{
    public void Round(bool isWarmUp) => peer.Ask($"{(isWarmUp ? "warm" : "round")} {name}");

    // Python's trains at its own pace: its times are not set against ours that do not save.
    public IReadOnlyList<double> TotalSeconds => [];

    public IReadOnlyList<double> TrainSeconds => [];

    public void Report(IStallArm? baseline) => JsonLine.Print(peer.Ask($"report {name}"));

    public void Dispose()
    {
        // The peer serves several arms; whoever started it ends it.
    }
}
