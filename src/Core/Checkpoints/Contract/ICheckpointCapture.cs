using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// An optional capability of a <see cref="CheckpointIO"/> that captures states into memory and writes them later. Found with
/// <see cref="CheckpointIO.GetCapability{T}"/>; an implementation writes those methods that it does better than the default.
/// </summary>
public interface ICheckpointCapture
{
    /// <summary>
    /// Allocates and touches the memory that saving a state of this size needs, so that the first save costs no more than the others; returns at once
    /// and works in the background. On the thread of the run. The default does nothing.
    /// </summary>
    /// <param name="checkpoint">A state like those that will be saved. Its tensors are measured, not read.</param>
    void Prepare(TrainingState checkpoint)
    {
    }

    /// <summary>
    /// Captures a state into memory without writing it; copying may go on until the mutation fence. On the thread of the run. The default copies the
    /// state as a whole. <see cref="StateSnapshotExtensions.TakeSnapshot"/> uses it.
    /// </summary>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    StateSnapshot TakeSnapshot(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new CopiedSnapshot(state.IsCaptured ? state.Share() : state.Copy());
    }

    /// <summary>
    /// Allocates and touches the memory for snapshots before the first one; returns at once and works in the background. On the thread of the run. The
    /// default does nothing.
    /// </summary>
    /// <param name="state">A state like those that will be captured. Its tensors are measured, not read.</param>
    /// <param name="count">How many snapshots are held at a time.</param>
    void PrepareSnapshots(TrainingState state, int count)
    {
    }

    /// <summary>
    /// Writes what a run resumes from (<see cref="SaveOptions.IsResumePoint"/>) before everything else that waits, until nothing waits any more.
    /// The trainer calls it when a run was told to stop, before it drains. The default does nothing.
    /// </summary>
    void WriteResumePointsFirst()
    {
    }

    /// <summary>
    /// Announces that the next passage of the mutation fence is followed by a step of an optimizer that makes copies itself
    /// (<see cref="TensorStability.UntilOptimizerStep"/>). Called by the strategy on the thread of the run. The default does nothing: everything is copied at the fence.
    /// </summary>
    /// <param name="optimizer">The optimizer.</param>
    void CopyInNextStep(IStepCopies optimizer)
    {
    }
}
