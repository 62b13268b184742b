using Fulgurite.State;

namespace Fulgurite;

/// <summary>A state that is held in memory: to go back to, or to be saved later. It never changes.</summary>
public abstract class StateSnapshot : IDisposable
{
    /// <summary>The bytes of its tensors.</summary>
    public abstract long ByteLength { get; }

    /// <summary>
    /// The captured state, which belongs to the snapshot: <see cref="TrainingState.Share"/> it to keep it longer. Waits where the copying has
    /// not ended. From any thread.
    /// </summary>
    /// <exception cref="InvalidOperationException">Tensors were changed outside of the mutation fence while they were copied.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot was disposed.</exception>
    public abstract TrainingState State { get; }

    /// <summary>Gives the memory back, unless somebody shares the state. Calling it again does nothing.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what is held; may be called more than once.</summary>
    /// <param name="disposing">Always true here: nothing is left for a finalizer.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Takes snapshots with whatever a <see cref="CheckpointIO"/> offers for it.</summary>
public static class StateSnapshotExtensions
{
    /// <summary>
    /// Holds a state in memory without writing it: by <see cref="ICheckpointCapture"/>, which goes on copying what only the optimizer changes
    /// while the run goes on, or else by a plain copy.
    /// </summary>
    /// <param name="checkpointIO">The one of the strategy.</param>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    public static StateSnapshot TakeSnapshot(this CheckpointIO checkpointIO, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(checkpointIO);
        ArgumentNullException.ThrowIfNull(state);
        return (checkpointIO.GetCapability<ICheckpointCapture>() ?? new WithoutCapture()).TakeSnapshot(state);
    }

    private sealed class WithoutCapture : ICheckpointCapture;
}

/// <summary>A snapshot whose state was copied as a whole when it was taken.</summary>
/// <param name="state">The captured state; this use of it belongs to the snapshot.</param>
internal sealed class CopiedSnapshot(TrainingState state) : StateSnapshot
{
    private bool _disposed;

    public override long ByteLength { get; } = StorageLayout.Of(state).ByteLength;

    public override TrainingState State
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return state;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        state.Dispose();
    }
}
