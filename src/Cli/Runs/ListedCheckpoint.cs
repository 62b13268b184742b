using System.Text.Json.Nodes;

namespace Fulgurite.Cli;

/// <summary>A checkpoint of a run, as listed.</summary>
/// <param name="Path">The path of the file.</param>
/// <param name="Bytes">The length of the file.</param>
/// <param name="Modified">The time of the last write, in UTC.</param>
internal sealed record ListedCheckpoint(string Path, long Bytes, DateTime Modified)
{
    public long? Step { get; init; }

    public long? Epoch { get; init; }

    /// <summary>Gets the metric monitored by the run; null if it is unknown.</summary>
    public string? Monitor { get; init; }

    /// <summary>Gets a value indicating whether larger values of the metric are better; null if it is unknown.</summary>
    public bool? LargerIsBetter { get; init; }

    public double? Score { get; init; }

    /// <summary>Gets the recorded scores of other checkpoints, by file name.</summary>
    public IReadOnlyDictionary<string, double> KnownScores { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Gets the problem of the file; null if there is none.</summary>
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
