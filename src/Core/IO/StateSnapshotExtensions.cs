using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Takes snapshots with whatever a <see cref="CheckpointIO"/> offers for it.</summary>
public static class StateSnapshotExtensions
{
    /// <summary>
    /// Holds a state in memory without writing it: by <see cref="IStateSnapshots"/>, which goes on copying what only the optimizer changes
    /// while the run goes on, or else by a plain copy.
    /// </summary>
    /// <param name="checkpointIO">The one of the strategy.</param>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    public static StateSnapshot TakeSnapshot(this CheckpointIO checkpointIO, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(checkpointIO);
        ArgumentNullException.ThrowIfNull(state);
        return checkpointIO.GetCapability<IStateSnapshots>()?.TakeSnapshot(state)
            ?? new CopiedSnapshot(state.IsCaptured ? state.Share() : state.Copy());
    }
}
