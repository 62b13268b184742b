namespace Fulgurite.Bench.Files;

/// <summary>What <c>files</c> measures.</summary>
internal sealed record FilesSettings(
    string Format, string Shape, long Megabytes, int Rounds, string Directory, bool Peers, bool Direct, IReadOnlyList<string> Only);
