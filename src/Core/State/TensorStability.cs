namespace Fulgurite.State;

/// <summary>Until when the memory of a live tensor stays as it is, so that a capture knows how long it may take.</summary>
public enum TensorStability
{
    /// <summary>It may change at any time (buffers such as batch-norm statistics, random state): it is copied before the save returns.</summary>
    Volatile,

    /// <summary>
    /// It changes only after <see cref="CheckpointIO.BeforeParametersChange"/> (parameters, optimizer state): it may be copied until then.
    /// </summary>
    UntilParametersChange,

    /// <summary>
    /// As <see cref="UntilParametersChange"/>, and it is not expected to change even then (parameters that need no gradient): it may be
    /// captured once and only compared from then on.
    /// </summary>
    Frozen,
}
