using System.Text.RegularExpressions;

namespace Fulgurite.Cli;

/// <summary>Reads the metadata that the checkpoints of a run record about themselves and each other.</summary>
internal static partial class RunListing
{
    /// <summary>Reads files; a damaged file is listed with its problem. Files that a run removes meanwhile are not listed.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="verify">Whether to verify tensor checksums.</param>
    /// <param name="screen">The screen for progress.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The checkpoints, newest step first.</returns>
    public static async Task<List<ListedCheckpoint>> ReadAsync(
        IEnumerable<string> paths, bool verify, Screen screen, CancellationToken cancellationToken)
    {
        var found = new List<ListedCheckpoint>();
        foreach (var path in paths)
        {
            if (await TryReadAsync(path, verify, screen, cancellationToken).ConfigureAwait(false) is { } checkpoint)
            {
                found.Add(checkpoint);
            }
        }

        // A checkpoint is saved before its callback has ranked it; a newer one of the same folder contains the rank.
        var known = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var checkpoint in found.OrderBy(checkpoint => checkpoint.Step ?? -1))
        {
            foreach (var (name, score) in checkpoint.KnownScores)
            {
                known[Key(checkpoint.Path, name)] = score;
            }
        }

        return
        [
            .. found
                .Select(
                    checkpoint =>
                        checkpoint.Score is null && known.TryGetValue(Key(checkpoint.Path, checkpoint.Name), out var score)
                            ? checkpoint with { Score = score }
                            : checkpoint)
                .OrderByDescending(checkpoint => checkpoint.Step ?? -1)
                .ThenBy(checkpoint => checkpoint.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>Returns whether a checkpoint is still the one that was listed, and as damaged.</summary>
    /// <param name="listed">The checkpoint.</param>
    /// <param name="screen">The screen for progress.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public static async Task<bool> IsUnchangedAsync(ListedCheckpoint listed, Screen screen, CancellationToken cancellationToken) =>
        await TryReadAsync(listed.Path, verify: listed.Problem is not null, screen, cancellationToken).ConfigureAwait(false) is { } now
            && now.Step == listed.Step && (now.Problem is null) == (listed.Problem is null);

    private static string Key(string path, string name) => Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, name);

    /// <summary>Reads a file; null if it does not exist any more.</summary>
    private static async Task<ListedCheckpoint?> TryReadAsync(string path, bool verify, Screen screen, CancellationToken cancellationToken)
    {
        var file = new FileInfo(OpenCheckpoint.FindIndex(path) ?? path);
        if (!file.Exists)
        {
            return null;
        }

        var bytes = Directory.Exists(path) ? Directory.EnumerateFiles(path).Sum(LengthOf) : LengthOf(file.FullName);
        var listed = new ListedCheckpoint(path, bytes, file.LastWriteTimeUtc);
        try
        {
            using var checkpoint = await OpenCheckpoint.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            var report = verify
                ? await CheckpointVerifier.RunAsync(path, finite: false, screen, cancellationToken).ConfigureAwait(false)
                : null;
            return Describe(checkpoint.State, listed) with { Problem = report?.Problem };
        }
        catch (Exception exception) when (exception is CheckpointNotFoundException or UsageException)
        {
            // A run has removed it, or the index of its folder.
            return null;
        }
        catch (CheckpointException exception)
        {
            return listed with { Problem = exception.Message };
        }
    }

    /// <summary>Returns the length of a file; zero if a run has removed it.</summary>
    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static ListedCheckpoint Describe(TrainingState state, ListedCheckpoint listed)
    {
        listed = listed with
        {
            Step = (state.Find(CheckpointKeys.GlobalStep) as StateInteger)?.Value,
            Epoch = (state.Find(CheckpointKeys.Epoch) as StateInteger)?.Value,
        };
        if (!state.Root.TryGetValue(CheckpointKeys.Callbacks, out var callbacks) || callbacks is not StateMap map)
        {
            return listed;
        }

        foreach (var (key, value) in map)
        {
            if (
                value is StateMap callback && callback.TryGetValue("monitor", out var monitored)
                    && monitored is StateText { Value: var monitor }
                    && callback.TryGetValue("best_k_models", out var best) && best is StateMap models)
            {
                var scores = models.Where(entry => Number(entry.Value) is not null)
                    .GroupBy(entry => Path.GetFileName(entry.Key.ToString()), StringComparer.Ordinal)
                    .ToDictionary(group => group.Key, group => Number(group.First().Value)!.Value, StringComparer.Ordinal);
                return listed with
                {
                    Monitor = monitor,
                    LargerIsBetter = Mode().Match(key.ToString()) is { Success: true } mode ? mode.Groups["mode"].Value == "max" : null,
                    Score = scores.TryGetValue(listed.Name, out var score)
                        ? score
                        : Metric(state, monitor) ?? (callback.TryGetValue("current_score", out var current) ? Number(current) : null),
                    KnownScores = scores,
                };
            }
        }

        return listed;
    }

    /// <summary>Returns the metric at the time of the checkpoint, if that was its newest value.</summary>
    private static double? Metric(TrainingState state, string monitor) =>
        state.Find($"{CheckpointKeys.Fulgurite}.metrics.newest.{monitor}") is StateList { Count: > 0 } metric ? Number(metric[0]) : null;

    /// <summary>Converts a value to a number; Lightning stores scores as tensors.</summary>
    private static double? Number(StateValue value)
    {
        switch (value)
        {
            case StateReal or StateInteger:
                return value.AsReal();
            case TensorData { ElementCount: 1 } tensor:
                var bytes = new byte[tensor.ByteLength];
                tensor.CopyTo(bytes);
                Span<double> number = stackalloc double[2];
                ElementConversion.ToNumbers(bytes, tensor.Type, number);
                return number[0];
            default:
                return null;
        }
    }

    [GeneratedRegex("'mode': '(?<mode>min|max)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mode();
}

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
