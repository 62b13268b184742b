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
}
