using System.Text.Json.Nodes;

namespace Fulgurite.Cli;

/// <summary>A checkpoint of a run, as a list shows it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Modified">When it was written, in UTC.</param>
internal sealed record ListedCheckpoint(string Path, long Bytes, DateTime Modified)
{
    public long? Step { get; init; }

    public long? Epoch { get; init; }

    /// <summary>The metric that its run compares; null where none is known.</summary>
    public string? Monitor { get; init; }

    /// <summary>Whether larger values of the metric are better; null where that is not known.</summary>
    public bool? LargerIsBetter { get; init; }

    public double? Score { get; init; }

    /// <summary>The scores that it knows of other checkpoints, by file name.</summary>
    public IReadOnlyDictionary<string, double> KnownScores { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>What is wrong with the file; null for nothing.</summary>
    public string? Problem { get; init; }

    public string Name => System.IO.Path.GetFileName(Path);

    public JsonObject ToJson(TimeProvider time) => new()
    {
        ["file"] = Path,
        ["step"] = Step,
        ["epoch"] = Epoch,
        ["monitor"] = Monitor,
        ["score"] = Score is { } score ? JsonText.Number(score) : null,
        ["bytes"] = Bytes,
        ["modified"] = Modified.ToString("O"),
        ["age_seconds"] = Math.Round((time.GetUtcNow().UtcDateTime - Modified).TotalSeconds),
        ["valid"] = Problem is null,
        ["problem"] = Problem,
    };
}
