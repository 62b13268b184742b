namespace Fulgurite.Bench.Files;

/// <summary>What <c>files</c> and <c>resume</c> measure.</summary>
internal sealed record FilesSettings(
    string Format, string Shape, long Megabytes, int Rounds, string Directory, bool Peers, bool Direct, IReadOnlyList<string> Only)
{
    /// <summary>Gets whether the state includes that of FusedAdam.</summary>
    public bool IsFused { get; init; }
}
