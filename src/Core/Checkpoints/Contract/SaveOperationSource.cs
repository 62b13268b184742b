namespace Fulgurite;

/// <summary>Controls a <see cref="SaveOperation"/>; used by implementations of <see cref="CheckpointIO"/>.</summary>
public sealed class SaveOperationSource
{
    /// <summary>Initializes a source with a new operation.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options of the save; null for the defaults.</param>
    /// <param name="cancel">
    /// Called by <see cref="SaveOperation.Cancel"/>, on its thread. Cancels the save if possible, sets the outcome with
    /// <see cref="TrySetCancelled"/> and returns whether it did. Null if saves cannot be cancelled.
    /// </param>
    /// <param name="withdraw">
    /// Called by <see cref="SaveOperation.Withdraw"/>, on its thread. Cancels the save if it is waiting, sets the outcome with
    /// <see cref="TrySetCancelled"/> and returns whether it did. Null if saves do not wait.
    /// </param>
    public SaveOperationSource(string path, SaveOptions? options = null, Func<SaveOperation, bool>? cancel = null, Func<SaveOperation, bool>? withdraw = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Operation = new SaveOperation(path, options ?? new SaveOptions(), cancel, withdraw);
    }

    /// <summary>Gets the operation.</summary>
    public SaveOperation Operation { get; }

    /// <summary>Completes <see cref="SaveOperation.Captured"/>: nothing reads the live tensors any more.</summary>
    /// <param name="byteCount">The size of the tensors, in bytes.</param>
    public void SetCaptured(long byteCount)
    {
        Operation.ByteCount = byteCount;
        Operation.SetCaptured();
    }

    /// <summary>Adds to the time for which the training thread waited for this save.</summary>
    /// <param name="time">The time.</param>
    public void AddStall(TimeSpan time) => Operation.AddStall(time);

    /// <summary>Sets the outcome to durable.</summary>
    /// <param name="byteCount">The size on storage, in bytes.</param>
    /// <param name="queueTime">The time for which the state waited in the queue.</param>
    /// <param name="writeTime">The time for writing, fsync and publishing.</param>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetDurable(long byteCount, TimeSpan queueTime, TimeSpan writeTime)
    {
        if (Operation.Outcome != CheckpointOutcome.Pending)
        {
            return false;
        }

        Operation.ByteCount = byteCount;
        Operation.QueueTime = queueTime;
        Operation.WriteTime = writeTime;
        return Operation.TrySettle(CheckpointOutcome.Durable, null);
    }

    /// <summary>
    /// Sets the outcome to failed. The previous content of the path is intact, or, if <see cref="CheckpointException.IsInPlace"/> of the
    /// exception is true, the new checkpoint is in place but may not survive a power failure.
    /// </summary>
    /// <param name="exception">The reason. Other exceptions are wrapped in a <see cref="CheckpointException"/> with the path.</param>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetFailed(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var failure = exception as CheckpointException
            ?? new CheckpointException($"Saving the checkpoint '{Operation.Path}' failed: {exception.Message}", Operation.Path, exception);
        return Operation.TrySettle(CheckpointOutcome.Failed, failure);
    }

    /// <summary>Sets the outcome to superseded, by a newer save for the same slot.</summary>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetSuperseded() => Operation.TrySettle(CheckpointOutcome.Superseded, null);

    /// <summary>Sets the outcome to cancelled.</summary>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetCancelled() => Operation.TrySettle(CheckpointOutcome.Cancelled, null);
}
