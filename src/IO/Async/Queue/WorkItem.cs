namespace Fulgurite.IO;

/// <summary>A unit of work of the writer thread.</summary>
internal abstract class WorkItem(string path)
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Path { get; } = path;

    /// <summary>Gets the normalized path.</summary>
    public string Key { get; } = PathKey.Of(path);

    /// <summary>Gets the slot of the item; null if it cannot be superseded.</summary>
    public virtual string? Slot => null;

    /// <summary>Gets a value indicating whether a checkpoint exists at the path afterwards.</summary>
    public abstract bool LeavesCheckpoint { get; }

    /// <summary>Gets a value indicating whether the item writes a resume point.</summary>
    public virtual bool IsResumePoint => false;

    /// <summary>Gets a value indicating whether the item is a save that is never superseded; the number of such saves is limited.</summary>
    public virtual bool IsMilestone => false;

    /// <summary>Gets the captured state, which other items may link to; null if there is none.</summary>
    public virtual object? Shared => null;

    /// <summary>Gets a value indicating whether the result has been reported to the caller.</summary>
    public abstract bool IsSettled { get; }

    /// <summary>
    /// Gets or sets the place in the queue, which a superseding save inherits; null before queueing. Guarded by the queue.
    /// </summary>
    public long? Place { get; set; }

    /// <summary>
    /// Gets or sets the timestamp from which the item is late, which a superseding save inherits; null for never. Set before queueing,
    /// guarded by the queue.
    /// </summary>
    public long? LateAt { get; set; }

    /// <summary>Gets or sets the task of all operations that must end first. Set by the queue.</summary>
    public Task Before { get; set; } = Task.CompletedTask;

    /// <summary>Gets or sets the number of the item in the order of queueing, which no other item inherits. Guarded by the queue.</summary>
    public long Number { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether another save was taken while this one waited, which a superseding save inherits. Guarded by
    /// the queue.
    /// </summary>
    public bool HasGivenWay { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether this item cannot be superseded, because a caller waits for it, or because its state is being
    /// written under another name. Guarded by the queue.
    /// </summary>
    public bool IsPinned { get; set; }

    /// <summary>Gets a task that completes when the item has ended in any way.</summary>
    public Task Finished => _finished.Task;

    /// <summary>
    /// Fails the item after an exception of the writer, which only a logger or a faulty implementation can cause; does nothing if it has
    /// ended.
    /// </summary>
    public abstract void Fail(Exception exception);

    /// <summary>Marks the item as finished.</summary>
    public void Finish() => _finished.TrySetResult();
}

/// <summary>A queued removal.</summary>
internal sealed class RemoveItem(string path, CancellationToken cancellation) : WorkItem(path)
{
    private readonly TaskCompletionSource _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the result for the caller.</summary>
    public Task Result => _result.Task;

    public CancellationToken Cancellation => cancellation;

    public override bool LeavesCheckpoint => false;

    public override bool IsSettled => _result.Task.IsCompleted;

    public void Complete() => _result.TrySetResult();

    public override void Fail(Exception exception) => _result.TrySetException(exception);

    /// <summary>Cancels the removal.</summary>
    public void Cancel() => _result.TrySetCanceled(cancellation);
}

/// <summary>The turn of a read of one path: it waits for earlier operations on the path, and later ones wait for it.</summary>
internal sealed class ReadTurn : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkQueue _queue;
    private readonly string _key;
    private readonly Task _before;

    private ReadTurn(WorkQueue queue, string path)
    {
        (_queue, _key) = (queue, PathKey.Of(path));
        _before = queue.BeginLoad(_key, _ended.Task);
    }

    /// <summary>Takes a place in the queue at once, and completes when the turn has come.</summary>
    public static async Task<ReadTurn> TakeAsync(WorkQueue queue, string path, CancellationToken cancellationToken)
    {
        var turn = new ReadTurn(queue, path);
        try
        {
            await turn._before.WaitAsync(cancellationToken).ConfigureAwait(false);
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _queue.EndLoad(_key, _ended.Task);
        _ended.SetResult();
    }
}
