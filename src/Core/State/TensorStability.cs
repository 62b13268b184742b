namespace Fulgurite.State;

/// <summary>Specifies how long the memory of a live tensor remains unchanged, and so how long a capture may take.</summary>
public enum TensorStability
{
    /// <summary>May change at any time (buffers such as batch-norm statistics, RNG state). Copied before the save returns.</summary>
    Volatile,

    /// <summary>
    /// Changes only after <see cref="CheckpointIO.BeforeParametersChange"/> (parameters, optimizer state). May be copied until then.
    /// </summary>
    UntilParametersChange,

    /// <summary>
    /// Like <see cref="UntilParametersChange"/>, but not expected to change even then (parameters that require no gradient). May be
    /// captured once and only compared afterwards.
    /// </summary>
    Frozen,

    /// <summary>
    /// Like <see cref="UntilParametersChange"/>, and changed by an optimizer that implements <see cref="IStepCopies"/>: its step makes the copy, unless another
    /// change comes first or no step comes soon.
    /// </summary>
    UntilOptimizerStep,
}
