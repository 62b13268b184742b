namespace Fulgurite.Bench.Stall;

/// <summary>What <c>stall</c> was asked for.</summary>
internal sealed record StallSettings(
    IReadOnlyList<string> Arms,
    int Width,
    int Layers,
    int Batch,
    int Steps,
    int Every,
    int Rounds,
    int Threads,
    bool Supersede,
    string Base,
    string Directory,
    bool Peers,
    bool IsFused = false)
{
    /// <summary>The same for the script in Python.</summary>
    public string[] ToArguments() =>
    [
        "--width", $"{Width}", "--layers", $"{Layers}", "--batch", $"{Batch}", "--steps", $"{Steps}",
        "--every", $"{Every}", "--threads", $"{Threads}", "--dir", Directory,
    ];
}
