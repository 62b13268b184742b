namespace Fulgurite.IO;

/// <summary>Something that the writer does when its turn comes.</summary>
internal abstract class WorkItem(string path)
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Path { get; } = path;

    /// <summary>What all spellings of the path have in common.</summary>
    public string Key { get; } = PathKey.Of(path);

    /// <summary>The slot that it fills; null if nothing may take its place.</summary>
    public virtual string? Slot => null;

    /// <summary>Whether there is something at the path afterwards.</summary>
    public abstract bool LeavesCheckpoint { get; }

    /// <summary>Gets whether a run resumes from what it writes.</summary>
    public virtual bool IsResumePoint => false;

    /// <summary>Gets whether it is a save that nothing supersedes, so that only a limit keeps such saves from piling up.</summary>
    public virtual bool IsMilestone => false;

    /// <summary>Gets the captured state, which others may be second names of; null for none.</summary>
    public virtual object? Shared => null;

    /// <summary>Gets whether whoever asked for it knows how it ended.</summary>
    public abstract bool IsSettled { get; }

    /// <summary>Gets or sets its place in the queue, which a newer save inherits from the one that it supersedes; null until it has one. Guarded by the queue.</summary>
    public long? Place { get; set; }

    /// <summary>What has to end before it may begin. Set by the queue.</summary>
    public Task Before { get; set; } = Task.CompletedTask;

    /// <summary>Whether somebody waits for this very item, so that it must not be superseded. Guarded by the queue.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Completes when it has ended in any way.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Fails it because the writer threw, as only a logger or an implementation that breaks its contract causes; does nothing if it had ended.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Says that it has ended.</summary>
    public void Finish() => _finished.TrySetResult();
}
