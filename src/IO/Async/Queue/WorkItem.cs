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

    /// <summary>Gets or sets the task of all operations that must end first. Set by the queue.</summary>
    public Task Before { get; set; } = Task.CompletedTask;

    /// <summary>
    /// Gets or sets a value indicating whether a caller waits for this item, which prevents superseding it. Guarded by the queue.
    /// </summary>
    public bool IsAwaited { get; set; }

    /// <summary>Gets a task that completes when the item has ended in any way.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Fails the item after an exception of the writer, which only a logger or a faulty implementation can cause; does nothing if it has ended.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Marks the item as finished.</summary>
    public void Finish() => _finished.TrySetResult();
}
