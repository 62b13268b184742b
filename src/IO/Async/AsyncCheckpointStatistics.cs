namespace Fulgurite;

/// <summary>The counters of an <see cref="AsyncCheckpointIO"/> since its creation.</summary>
/// <param name="Saves">The number of accepted saves.</param>
/// <param name="Captures">The number of captured states; a state saved under several names counts once.</param>
/// <param name="Durable">The number of saves that became durable.</param>
/// <param name="Linked">The number of durable saves that are links to a file written once.</param>
/// <param name="Superseded">The number of saves superseded by a newer save of their slot.</param>
/// <param name="Cancelled">The number of cancelled saves.</param>
/// <param name="Failed">The number of failed saves.</param>
/// <param name="Torn">The number of captures that failed because the state changed outside of the mutation fence.</param>
/// <param name="Waits">The number of times a save waited for room.</param>
/// <param name="CapturedBytes">
/// The total size of all captures in bytes, without the rows that have not changed since an earlier one (<see cref="State.RowChanges"/>).
/// </param>
/// <param name="FrozenCopies">The number of times frozen tensors (no gradient required) were copied because they had changed.</param>
/// <param name="PlanTime">The time the training thread spent on building and matching capture plans.</param>
/// <param name="CaptureTime">The time the training thread spent on copying before saves returned.</param>
/// <param name="WaitTime">The time the training thread spent waiting for room.</param>
/// <param name="FenceTime">The time the training thread spent at the mutation fence while copying was incomplete.</param>
/// <param name="WriteTime">The time the writer thread spent on writing.</param>
/// <param name="MemoryBytes">The memory currently used by snapshots, including idle blocks, in bytes.</param>
/// <param name="WriterProcessorTime">The processor time of the threads that write; zero except on Linux.</param>
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
    long MemoryBytes,
    TimeSpan WriterProcessorTime)
{
    /// <summary>Gets the total time the training thread spent on saves.</summary>
    public TimeSpan Stall => PlanTime + CaptureTime + WaitTime + FenceTime;
}
