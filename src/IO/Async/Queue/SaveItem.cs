
namespace Fulgurite.IO;

/// <summary>A save whose turn has to come.</summary>
internal sealed class SaveItem : WorkItem, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <param name="path">Where to, as it is told to whoever asked.</param>
    /// <param name="rooted">Where to, wherever the current directory is by then.</param>
    /// <param name="options">How.</param>
    /// <param name="withdrawals">Takes it back.</param>
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

    /// <summary>What is written. Set before the item is queued.</summary>
    public Snapshot Snapshot { get; private set; } = null!;

    /// <summary>This item's use of the captured state.</summary>
    public State.TrainingState State { get; private set; } = null!;

    /// <summary>When it was queued, on the clock's own scale.</summary>
    public long Queued { get; private set; }

    /// <summary>Told to give up while it is being written.</summary>
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

    /// <summary>Asks to give up; what is written already stays.</summary>
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

    /// <summary>Ends the use of the captured state, and lets go of it: whoever keeps the operation keeps this item.</summary>
    public void Dispose()
    {
        State?.Dispose();
        State = null!;
        Snapshot = null!;
        _cancellation.Dispose();
    }
}
