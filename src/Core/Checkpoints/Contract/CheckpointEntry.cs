namespace Fulgurite;

/// <summary>An existing checkpoint, as returned by <see cref="CheckpointIO.ListAsync(string, CancellationToken)"/>.</summary>
/// <param name="Path">The path of the checkpoint.</param>
/// <param name="Length">The length in bytes; null if the storage does not report it.</param>
/// <param name="Time">The time of the last write according to the storage; copying, restoring and clock adjustments change it.</param>
/// <param name="Position">The position at which it was saved; null if it has none or cannot be read.</param>
/// <param name="Failure">The reason why it cannot be read; null if it can.</param>
public sealed record CheckpointEntry(string Path, long? Length, DateTimeOffset? Time, CheckpointPosition? Position = null, CheckpointException? Failure = null);
