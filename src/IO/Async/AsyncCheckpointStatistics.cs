namespace Fulgurite;

/// <summary>What an <see cref="AsyncCheckpointIO"/> has done since it was made.</summary>
/// <param name="Saves">How many saves were accepted.</param>
/// <param name="Captures">How many states were captured; one state under several names counts once.</param>
/// <param name="Durable">How many saves became durable.</param>
/// <param name="Linked">How many of these are second names of a file that was written once.</param>
/// <param name="Superseded">How many saves made way for a newer one of their slot.</param>
/// <param name="Cancelled">How many saves were taken back.</param>
/// <param name="Failed">How many saves failed.</param>
/// <param name="Torn">How many captures were changed while they were made, outside of the fence; their saves failed.</param>
/// <param name="Waits">How often a save waited for room.</param>
/// <param name="CapturedBytes">The bytes of all captures.</param>
/// <param name="FrozenCopies">How often tensors that need no gradient were copied; else they were found unchanged.</param>
/// <param name="PlanTime">What making and matching capture plans took of the training thread's time.</param>
/// <param name="CaptureTime">What copying before a save returned took of the training thread's time.</param>
/// <param name="WaitTime">What waiting for room took of the training thread's time.</param>
/// <param name="FenceTime">What the mutation fence took of the training thread's time where something was left to copy.</param>
/// <param name="WriteTime">What writing took of the writer thread's time.</param>
/// <param name="MemoryBytes">The memory that snapshots take now, idle blocks counted.</param>
public sealed record AsyncCheckpointStatistics(
    long Saves,
    long Captures,
    long Durable,
    long Linked,
    long Superseded,
    long Cancelled,
    long Failed,
    long Torn,
    long Waits,
    long CapturedBytes,
    long FrozenCopies,
    TimeSpan PlanTime,
    TimeSpan CaptureTime,
    TimeSpan WaitTime,
    TimeSpan FenceTime,
    TimeSpan WriteTime,
    long MemoryBytes)
{
    /// <summary>What the training thread waited for in all.</summary>
    public TimeSpan Stall => PlanTime + CaptureTime + WaitTime + FenceTime;
}
