using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Stall;

/// <summary>A way of saving in Python; the peer runs its rounds when its turn comes.</summary>
internal sealed class PeerStallArm(PythonPeer peer, string name) : IStallArm
{
    public void Round(bool isWarmUp) => peer.Ask($"{(isWarmUp ? "warm" : "round")} {name}");

    public void Report() => JsonLine.Print(peer.Ask($"report {name}"));

    public void Dispose()
    {
        // The peer serves several arms; whoever started it ends it.
    }
}
