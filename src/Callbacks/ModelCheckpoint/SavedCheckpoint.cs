namespace Fulgurite.Callbacks;

/// <summary>A checkpoint that a callback keeps or wants to keep.</summary>
internal sealed class SavedCheckpoint(string path, double score)
{
    public string Path { get; } = path;

    /// <summary>The value of the metric; the number of the save where nothing is compared.</summary>
    public double Score { get; } = score;

    /// <summary>Whether the file is known to be there.</summary>
    public bool IsDurable { get; set; }
}
