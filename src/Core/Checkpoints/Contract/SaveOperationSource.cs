namespace Fulgurite;

/// <summary>The end of a <see cref="SaveOperation"/> that an implementation of <see cref="CheckpointIO"/> holds.</summary>
public sealed class SaveOperationSource
{
    /// <summary>Makes a save operation.</summary>
    /// <param name="path">Where the checkpoint goes.</param>
    /// <param name="options">How it is saved; null for the defaults.</param>
    /// <param name="cancel">
    /// Called when the holder asks to cancel, on its thread: takes the save back if it can, settles it with
    /// <see cref="TrySetCancelled"/> and says whether it did. Null where a save cannot be taken back.
    /// </param>
    /// <param name="withdraw">
    /// Called when the holder withdraws a save that may still wait, on its thread: takes it back if it waits, settles it with
    /// <see cref="TrySetCancelled"/> and returns whether it did. Null where saves do not wait.
    /// </param>
    public SaveOperationSource(string path, SaveOptions? options = null, Func<SaveOperation, bool>? cancel = null, Func<SaveOperation, bool>? withdraw = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Operation = new SaveOperation(path, options ?? new SaveOptions(), cancel, withdraw);
    }

    /// <summary>The operation.</summary>
    public SaveOperation Operation { get; }

    /// <summary>Says that nothing reads the live tensors any more.</summary>
    /// <param name="byteCount">The bytes of the tensors.</param>
    public void SetCaptured(long byteCount)
    {
        Operation.ByteCount = byteCount;
        Operation.SetCaptured();
    }

    /// <summary>Adds to the time that the training thread waited for this save.</summary>
    /// <param name="time">The time.</param>
    public void AddStall(TimeSpan time) => Operation.AddStall(time);

    /// <summary>Says that the checkpoint is durable.</summary>
    /// <param name="byteCount">The bytes on storage.</param>
    /// <param name="queueTime">How long the state waited for its turn.</param>
    /// <param name="writeTime">How long writing, syncing and publishing took.</param>
    /// <returns>False if the save had ended already.</returns>
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
    /// Says that the save failed and that what was at the path before is intact, or, where <see cref="CheckpointException.IsInPlace"/> of the
    /// exception is true, that the new checkpoint is there and may not survive a power cut.
    /// </summary>
    /// <param name="exception">Why; one that is no <see cref="CheckpointException"/> is wrapped in one that names the path.</param>
    /// <returns>False if the save had ended already.</returns>
    public bool TrySetFailed(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var failure = exception as CheckpointException
            ?? new CheckpointException($"Saving the checkpoint '{Operation.Path}' failed: {exception.Message}", Operation.Path, exception);
        return Operation.TrySettle(CheckpointOutcome.Failed, failure);
    }

    /// <summary>Says that a newer save for the same slot took the place of this one.</summary>
    /// <returns>False if the save had ended already.</returns>
    public bool TrySetSuperseded() => Operation.TrySettle(CheckpointOutcome.Superseded, null);

    /// <summary>Says that the save was taken back.</summary>
    /// <returns>False if the save had ended already.</returns>
    public bool TrySetCancelled() => Operation.TrySettle(CheckpointOutcome.Cancelled, null);
}
