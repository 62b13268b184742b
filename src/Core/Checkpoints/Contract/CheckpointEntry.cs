namespace Fulgurite;

/// <summary>A checkpoint that is there: what <see cref="CheckpointIO.ListAsync(string, CancellationToken)"/> gives.</summary>
/// <param name="Path">Where.</param>
/// <param name="Length">Its length in bytes; null where the storage does not say.</param>
/// <param name="Time">When it was written, as far as the storage knows: copying, restoring and clocks that are set change it.</param>
/// <param name="Position">Where in its run it was saved; null where it does not say, or cannot be read.</param>
/// <param name="Failure">Why it cannot be read; null where it can.</param>
public sealed record CheckpointEntry(string Path, long? Length, DateTimeOffset? Time, CheckpointPosition? Position = null, CheckpointException? Failure = null);
