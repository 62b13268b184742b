using System.Globalization;

namespace Fulgurite;

/// <summary>The cost of the checkpoints of a run.</summary>
/// <param name="Saves">The number of requested saves.</param>
/// <param name="Durable">The number of saves that became durable.</param>
/// <param name="Superseded">The number of saves that were superseded by a newer one before they were written.</param>
/// <param name="Failed">The number of failed saves.</param>
/// <param name="Bytes">The total size of the durable checkpoints, in bytes.</param>
/// <param name="Stall">The total time for which the training thread waited for saves: capture, fence and backpressure.</param>
/// <param name="LongestStall">The maximum of this time for a single save.</param>
/// <param name="Drain">The time for which the end of the run waited for pending saves.</param>
/// <param name="ProcessorTime">
/// The processor time of the threads that wrote in the background; zero where it is not measured: except on Linux, and with a synchronous
/// implementation.
/// </param>
public sealed record CheckpointCosts(
    int Saves,
    int Durable,
    int Superseded,
    int Failed,
    long Bytes,
    TimeSpan Stall,
    TimeSpan LongestStall,
    TimeSpan Drain,
    TimeSpan ProcessorTime = default)
{
    /// <summary>Returns the summary line that is logged at the end of a run.</summary>
    public override string ToString()
    {
        var notes = (Superseded > 0 ? $", {Superseded} superseded by newer ones" : string.Empty) + (
            Failed > 0 ? $", {Failed} FAILED" : string.Empty);
        var writing = ProcessorTime > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"; writing took {ProcessorTime.TotalMilliseconds:0} ms of processor time")
            : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Durable} of {Saves} checkpoints durable ({Bytes / 1048576.0:0.0} MiB{notes}); "
                + $"training waited {Stall.TotalMilliseconds:0.0} ms in all, {LongestStall.TotalMilliseconds:0.0} ms at most for one, "
                + $"and {Drain.TotalMilliseconds:0} ms at the end{writing}.");
    }
}
