namespace Fulgurite.IO;

/// <summary>A queued save.</summary>
internal sealed class SaveItem : WorkItem, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <param name="path">The path as specified by the caller.</param>
    /// <param name="rooted">The absolute path, independent of later changes of the current directory.</param>
    /// <param name="options">The save options.</param>
    /// <param name="withdrawals">Withdraws the save.</param>
    public SaveItem(string path, string rooted, SaveOptions options, Withdrawals withdrawals)
        : base(rooted)
    {
        Options = options;
        Cancellation = _cancellation.Token;
        Source = new SaveOperationSource(path, options, _ => withdrawals.TryCancel(this), _ => withdrawals.TryWithdraw(this));
    }

    public SaveOptions Options { get; }

    public SaveOperationSource Source { get; }

    public override string? Slot => Options.Slot;

    public override bool LeavesCheckpoint => true;

    public override bool IsResumePoint => Options.IsResumePoint;

    public override bool IsMilestone => Slot is null;

    public override object? Shared => Snapshot;

    public override bool IsSettled => Source.Operation.Outcome != CheckpointOutcome.Pending;

    /// <summary>Gets the snapshot to write. Set before the item is queued.</summary>
    public Snapshot Snapshot { get; private set; } = null!;

    /// <summary>Gets this item's reference to the captured state.</summary>
    public TrainingState State { get; private set; } = null!;

    /// <summary>Gets the timestamp of queueing.</summary>
    public long Queued { get; private set; }

    /// <summary>Gets the token that cancels the write.</summary>
    public CancellationToken Cancellation { get; }

    public void Attach(Snapshot snapshot, long now)
    {
        Snapshot = snapshot;
        State = snapshot.State.Share();
        Queued = now;
        snapshot.Add(Source, RequestCancel);
    }

    public override void Fail(Exception exception)
    {
        Dispose();
        Source.TrySetFailed(exception);
    }

    /// <summary>Requests cancellation of the write; completed writes are kept.</summary>
    public void RequestCancel()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by now, so there is nothing left to give up.
        }
    }

    /// <summary>Releases the captured state and clears the reference, since the operation keeps this item alive.</summary>
    public void Dispose()
    {
        State?.Dispose();
        State = null!;
        Snapshot = null!;
        _cancellation.Dispose();
    }
}
