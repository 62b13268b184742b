using System.Globalization;

namespace Fulgurite;

/// <summary>What the checkpoints of a run cost.</summary>
/// <param name="Saves">How many saves were asked for.</param>
/// <param name="Durable">How many became durable.</param>
/// <param name="Superseded">How many were replaced by a newer one before they were written.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="Bytes">The bytes of the durable ones.</param>
/// <param name="Stall">How long the training thread waited for saves in all: capture, fence and backpressure.</param>
/// <param name="LongestStall">The longest of these waits for one save.</param>
/// <param name="Drain">How long the end of the run waited for what was still being written.</param>
public sealed record CheckpointCosts(
    int Saves,
    int Durable,
    int Superseded,
    int Failed,
    long Bytes,
    TimeSpan Stall,
    TimeSpan LongestStall,
    TimeSpan Drain)
{
    /// <summary>The line that a run ends with.</summary>
    public override string ToString()
    {
        var notes = (Superseded > 0 ? $", {Superseded} superseded by newer ones" : string.Empty) + (Failed > 0 ? $", {Failed} FAILED" : string.Empty);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Durable} of {Saves} checkpoints durable ({Bytes / 1048576.0:0.0} MiB{notes}); training waited {Stall.TotalMilliseconds:0.0} ms in all, {LongestStall.TotalMilliseconds:0.0} ms at most for one, and {Drain.TotalMilliseconds:0} ms at the end.");
    }
}
