namespace Fulgurite;

/// <summary>How one checkpoint is saved.</summary>
public sealed record SaveOptions
{
    /// <summary>
    /// The slot that the checkpoint fills, such as <c>last</c> or <c>best</c>: a newer save for the same slot supersedes one that
    /// still waits. Default: null, a milestone, which is never superseded and waits for room instead.
    /// </summary>
    public string? Slot { get; init; }

    /// <summary>
    /// Gets whether a run resumes from the checkpoint. In the background it is written before milestones: after at most one other write that waits,
    /// and before everything that waits while a run that was told to stop drains.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool IsResumePoint { get; init; }

    /// <summary>What the checkpoint is worth by the metric that its callback compares, for those who hear of it; it is not written. Default: null.</summary>
    public double? Score { get; init; }

    /// <summary>Gets the number of optimizer steps of the state, for loggers; it is not written.</summary>
    /// <value>The default is <see langword="null"/>: the number in the state.</value>
    public long? GlobalStep { get; init; }

    /// <summary>What a custom implementation wants to be told. Default: null.</summary>
    public StorageOptions? Storage { get; init; }
}

/// <summary>
/// What a custom <see cref="CheckpointIO"/> wants to be told with one save, such as a storage class or tags. Derive from it; the
/// implementations here refuse options that they do not know. They arrive in <see cref="SaveContext.Storage"/>.
/// </summary>
public abstract class StorageOptions
{
}
