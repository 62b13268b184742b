namespace Fulgurite;

/// <summary>The options of one save.</summary>
public sealed record SaveOptions
{
    /// <summary>
    /// Gets the slot of the checkpoint, such as <c>last</c> or <c>best</c>: a newer save for the same slot supersedes one that is still
    /// waiting. Null for a milestone, which is never superseded and waits for room instead.
    /// </summary>
    /// <value>The default is null.</value>
    public string? Slot { get; init; }

    /// <summary>
    /// Gets the slot of a save of the same state that follows at once; null for none. Where a waiting save of that slot keeps the memory
    /// for this one, it is superseded before this one is captured.
    /// </summary>
    /// <value>The default is null.</value>
    public string? FollowedBy { get; init; }

    /// <summary>
    /// Gets whether a run resumes from the checkpoint. In the background it is written after at most one other waiting write, and after
    /// other names of its state where these are links; while a stopped run drains, it is written before all others.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool IsResumePoint { get; init; }

    /// <summary>
    /// Gets the time within which the checkpoint is to be durable; null for no limit. Asynchronous saving writes at low priority, and
    /// raises the priority when a quarter of this time has passed. A save that supersedes a waiting one also takes over its time.
    /// </summary>
    /// <value>The default is null.</value>
    public TimeSpan? DurableWithin { get; init; }

    /// <summary>
    /// Gets the score of the checkpoint by the monitored metric, for callbacks and loggers. It is not written to the file.
    /// </summary>
    /// <value>The default is null.</value>
    public double? Score { get; init; }

    /// <summary>Gets the number of optimizer steps of the state, for loggers; it is not written.</summary>
    /// <value>The default is <see langword="null"/>: the number in the state.</value>
    public long? GlobalStep { get; init; }

    /// <summary>Gets the options of a custom implementation.</summary>
    /// <value>The default is null.</value>
    public StorageOptions? Storage { get; init; }
}

/// <summary>
/// The base class of options for a custom <see cref="CheckpointIO"/>, such as a storage class or tags. The built-in implementations reject
/// options that they do not support. They arrive in <see cref="SaveContext.Storage"/>.
/// </summary>
public abstract class StorageOptions
{
}
