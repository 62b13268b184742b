namespace Fulgurite.Cli;

/// <summary>
/// The rules of a prune. A checkpoint is kept if any rule keeps it; the newest valid one is always kept, and so is the best if it is known.
/// </summary>
internal sealed record PrunePolicy
{
    /// <summary>Gets the number of best checkpoints to keep, by score.</summary>
    public int? Best { get; init; }

    /// <summary>Gets the number of newest checkpoints to keep, by step.</summary>
    public int? Newest { get; init; }

    /// <summary>Gets the step interval of checkpoints to keep.</summary>
    public long? EveryNSteps { get; init; }

    /// <summary>Gets the age up to which checkpoints are kept.</summary>
    public TimeSpan? Younger { get; init; }

    /// <summary>Gets a value indicating whether larger scores are better; null to use the mode of the run.</summary>
    public bool? LargerIsBetter { get; init; }

    /// <summary>Gets a value indicating whether damaged files are removed.</summary>
    public bool RemoveDamaged { get; init; }

    public bool IsEmpty => Best is null && Newest is null && EveryNSteps is null && Younger is null && !RemoveDamaged;

    /// <summary>Returns for each checkpoint of a folder the reason to keep it; null to remove it.</summary>
    /// <exception cref="UsageException">The rules require information that the run did not record.</exception>
    public IReadOnlyList<(ListedCheckpoint Checkpoint, string? KeptAs)> Decide(IReadOnlyList<ListedCheckpoint> checkpoints, DateTime now)
    {
        var valid = checkpoints.Where(checkpoint => checkpoint is { Problem: null, Step: not null }).OrderByDescending(
            checkpoint => checkpoint.Step).ThenByDescending(
            checkpoint => checkpoint.Modified).ToList();
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
            throw new UsageException(
                "--keep-best needs scores, and these checkpoints have none: their run monitors no metric. "
                    + "Use --keep-last or --keep-every.");
        }

        if (mode is not { } larger)
        {
            return Best is null
                ? []
                : throw new UsageException(
                    "These checkpoints do not record whether larger scores are better. Add --mode min or --mode max.");
        }

        return
        [
            .. (larger ? scored.OrderByDescending(checkpoint => checkpoint.Score) : scored.OrderBy(checkpoint => checkpoint.Score))
                .Take(Best ?? 1),
        ];
    }
}
