namespace Fulgurite.Cli;

/// <summary>What a prune keeps. A checkpoint is kept if any rule keeps it; the newest valid one always is, and so is the best where the run tells.</summary>
internal sealed record PrunePolicy
{
    /// <summary>How many of the best by score.</summary>
    public int? Best { get; init; }

    /// <summary>How many of the newest by step.</summary>
    public int? Newest { get; init; }

    /// <summary>Those whose step is a multiple of this.</summary>
    public long? EveryNSteps { get; init; }

    /// <summary>Those written less than this ago.</summary>
    public TimeSpan? Younger { get; init; }

    /// <summary>Whether larger scores are better; null for what the run says.</summary>
    public bool? LargerIsBetter { get; init; }

    /// <summary>Whether damaged files go.</summary>
    public bool RemoveDamaged { get; init; }

    public bool IsEmpty => Best is null && Newest is null && EveryNSteps is null && Younger is null && !RemoveDamaged;

    /// <summary>Why each checkpoint of one folder is kept; null for one that goes.</summary>
    /// <exception cref="UsageException">The rules ask for what the run does not say.</exception>
    public IReadOnlyList<(ListedCheckpoint Checkpoint, string? KeptAs)> Decide(IReadOnlyList<ListedCheckpoint> checkpoints, DateTime now)
    {
        var valid = checkpoints.Where(checkpoint => checkpoint is { Problem: null, Step: not null }).OrderByDescending(checkpoint => checkpoint.Step).ThenByDescending(checkpoint => checkpoint.Modified).ToList();
        var best = BestOf(valid);
        return [.. checkpoints.Select(checkpoint => (checkpoint, KeptAs(checkpoint, valid, best, now)))];
    }

    private string? KeptAs(ListedCheckpoint checkpoint, List<ListedCheckpoint> valid, HashSet<ListedCheckpoint> best, DateTime now)
    {
        if (checkpoint.Problem is not null)
        {
            return RemoveDamaged && valid.Count > 0 ? null : "damaged";
        }

        if (checkpoint.Step is not { } step)
        {
            return "no step";
        }

        var place = valid.IndexOf(checkpoint);
        return place == 0 ? "newest"
            : best.Contains(checkpoint) ? "best"
            : place < Newest ? "new"
            : EveryNSteps is { } interval && step % interval == 0 ? $"step of {interval}"
            : now - checkpoint.Modified < Younger ? "young"
            : Best is null && Newest is null && EveryNSteps is null && Younger is null ? "valid"
            : null;
    }

    private HashSet<ListedCheckpoint> BestOf(List<ListedCheckpoint> valid)
    {
        var scored = valid.Where(checkpoint => checkpoint.Score is not null and not double.NaN).ToList();
        var mode = LargerIsBetter ?? scored.Select(checkpoint => checkpoint.LargerIsBetter).FirstOrDefault(known => known is not null);
        if (Best is not null && scored.Count == 0)
        {
            throw new UsageException("--keep-best needs scores, and these checkpoints have none: their run monitors no metric. Use --keep-last or --keep-every.");
        }

        if (mode is not { } larger)
        {
            return Best is null ? [] : throw new UsageException("These checkpoints do not say whether larger scores are better. Add --mode min or --mode max.");
        }

        return [.. (larger ? scored.OrderByDescending(checkpoint => checkpoint.Score) : scored.OrderBy(checkpoint => checkpoint.Score)).Take(Best ?? 1)];
    }
}
