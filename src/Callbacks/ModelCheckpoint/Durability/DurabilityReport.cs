namespace Fulgurite.Callbacks.Durability;

/// <summary>How a <see cref="DurabilityGoal"/> was kept so far in a run.</summary>
/// <param name="WorstLoss">The most training that a crash at the worst moment would have lost.</param>
/// <param name="Cost">What saves made training wait, as a fraction of its time.</param>
/// <param name="Saves">How many saves became durable.</param>
/// <param name="Interval">How long it waits from save to save, by what was measured last.</param>
/// <param name="Problem">Why the goal cannot be had, in words; null where it can.</param>
public sealed record DurabilityReport(TimeSpan WorstLoss, double Cost, int Saves, TimeSpan Interval, string? Problem)
{
    /// <summary>Gets how many of the best checkpoints were not saved, because storage did not keep up with <see cref="ModelCheckpointOptions.LoseAtMost"/>.</summary>
    public int Skipped { get; init; }
}
