namespace Fulgurite.Bench.All;

/// <summary>One command of <c>all</c>.</summary>
/// <param name="Name">The name of the file of JSON lines that is kept of it.</param>
/// <param name="Arguments">What it measures.</param>
/// <param name="Quick">The same in seconds, to see that it works: its numbers mean nothing.</param>
/// <param name="Peers">Whether it can be measured beside Python.</param>
internal sealed record Measurement(string Name, string Arguments, string Quick, PeerUse Peers = PeerUse.None)
{
    public string Command => Arguments.Split(' ')[0];

    /// <summary>Returns the command-line arguments.</summary>
    /// <param name="isQuick">Whether to be quick.</param>
    /// <param name="hasPeers">Whether this machine's Python has torch.</param>
    public string ToArguments(bool isQuick, bool hasPeers) =>
        (isQuick ? Quick : Arguments) + (Peers == PeerUse.Beside && hasPeers ? " --peers" : string.Empty);
}
