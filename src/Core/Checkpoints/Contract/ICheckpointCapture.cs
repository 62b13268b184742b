using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// An optional capability of a <see cref="CheckpointIO"/> that captures states into memory and writes them later. Obtained from
/// <see cref="CheckpointIO.GetCapability{T}"/>. An implementation overrides the methods for which it has a better one than the default.
/// </summary>
public interface ICheckpointCapture
{
    /// <summary>
    /// Allocates and touches the memory that saving a state of this size needs, so that the first save costs no more than later ones. Works
    /// in the background, unless libtorch computes on all processors. Called on the thread of the run. The default does nothing.
    /// </summary>
    /// <param name="checkpoint">A state like those that will be saved. Its tensors are measured, not read.</param>
    void Prepare(TrainingState checkpoint)
    {
    }

    /// <summary>
    /// Captures a state into memory without writing it; copying may continue until the mutation fence. Called on the thread of the run.
    /// The default copies the whole state. <see cref="StateSnapshotExtensions.TakeSnapshot"/> uses it.
    /// </summary>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    StateSnapshot TakeSnapshot(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new CopiedSnapshot(state.IsCaptured ? state.Share() : state.Copy());
    }

    /// <summary>
    /// Allocates and touches the memory for snapshots before the first one. Returns immediately and works in the background. Called on the
    /// thread of the run. The default does nothing.
    /// </summary>
    /// <param name="state">A state like those that will be captured. Its tensors are measured, not read.</param>
    /// <param name="count">The maximum number of snapshots that exist at the same time.</param>
    void PrepareSnapshots(TrainingState state, int count)
    {
    }

    /// <summary>
    /// Gives waiting resume points (<see cref="SaveOptions.IsResumePoint"/>) priority over other waiting saves until the queue is empty.
    /// The trainer calls it after a stop request, before it drains. The default does nothing.
    /// </summary>
    void WriteResumePointsFirst()
    {
    }

    /// <summary>
    /// Announces that the next passage of the mutation fence is followed by a step of an optimizer that makes copies itself
    /// (<see cref="TensorStability.UntilOptimizerStep"/>). Called by the strategy on the thread of the run. The default does nothing:
    /// everything is copied at the fence.
    /// </summary>
    /// <param name="optimizer">The optimizer.</param>
    void CopyInNextStep(IStepCopies optimizer)
    {
    }
}

/// <summary>
/// Implemented by an optimizer that stores the values its step overwrites while it computes the new ones, so that a snapshot needs no copy
/// of its own.
/// </summary>
/// <remarks>
/// Calls, all on the thread of the run: a capture calls <see cref="TryAdd"/> for each piece of memory and <see cref="Then"/> once; the
/// optimizer steps; the strategy calls <see cref="Finish"/>, even if the step throws. See <see cref="ICheckpointCapture.CopyInNextStep"/>.
/// </remarks>
public interface IStepCopies
{
    /// <summary>
    /// Gets a value indicating whether each step reports rows to <see cref="RowChanges"/> before it changes them. A capture may then read
    /// recorded rows after the mutation fence (<see cref="IRowReader"/>). true for the fused optimizers; false for all other
    /// implementations.
    /// </summary>
    sealed bool RecordsRows => MarksRows;

    /// <summary>Gets a value indicating whether steps call the internal methods of <see cref="RowChanges"/>.</summary>
    internal bool MarksRows => false;

    /// <summary>Adds a copy to the next step.</summary>
    /// <param name="source">The address of the first byte.</param>
    /// <param name="target">The address that the values from before the step are stored at.</param>
    /// <param name="byteLength">The length in bytes.</param>
    /// <returns>false if the step does not change exactly this memory, once; the caller then copies it.</returns>
    bool TryAdd(nint source, nint target, long byteLength);

    /// <summary>Calls an action once all copies are made.</summary>
    /// <param name="completed">The action.</param>
    void Then(Action completed);

    /// <summary>
    /// Makes the copies that the step did not make, e.g. of parameters without a gradient, and calls the actions. Further calls have no
    /// effect.
    /// </summary>
    void Finish();
}
