using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// What a <see cref="CheckpointIO"/> can do that captures states quickly: hold one in memory without writing it. Found with
/// <see cref="CheckpointIO.GetCapability{T}"/>; <see cref="StateSnapshotExtensions.TakeSnapshot"/> uses it where it is there.
/// </summary>
public interface IStateSnapshots
{
    /// <summary>Captures a state into memory, perhaps going on with it until the mutation fence. On the thread of the run.</summary>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    StateSnapshot TakeSnapshot(TrainingState state);

    /// <summary>
    /// Takes and touches the memory for snapshots before the first one, so that it costs no more than the others; returns at once and works in
    /// the background. On the thread of the run. Default: does nothing.
    /// </summary>
    /// <param name="state">A state like those that will be held. Its tensors are measured, not read.</param>
    /// <param name="count">How many are held at a time.</param>
    void PrepareSnapshots(TrainingState state, int count)
    {
    }
}
