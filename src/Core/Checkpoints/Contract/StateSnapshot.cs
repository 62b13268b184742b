using Fulgurite.State;

namespace Fulgurite;

/// <summary>An immutable state in memory, to roll back to or to save later.</summary>
public abstract class StateSnapshot : IDisposable
{
    /// <summary>Gets the size of the tensors, in bytes.</summary>
    public abstract long ByteLength { get; }

    /// <summary>
    /// Gets the captured state, which belongs to the snapshot. Use <see cref="TrainingState.Share"/> to keep it longer. Waits until the
    /// capture has completed. Thread-safe.
    /// </summary>
    /// <exception cref="InvalidOperationException">Tensors were changed without the mutation fence during the capture.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot was disposed.</exception>
    public abstract TrainingState State { get; }

    /// <summary>Frees the memory, unless the state is shared. Further calls have no effect.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases resources. May be called more than once.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>Takes snapshots with the capabilities of a <see cref="CheckpointIO"/>.</summary>
public static class StateSnapshotExtensions
{
    /// <summary>
    /// Captures a state in memory without writing it: by <see cref="ICheckpointCapture"/> if available, which copies parameters and
    /// optimizer state while the run continues, or else by a plain copy.
    /// </summary>
    /// <param name="checkpointIO">The IO of the strategy.</param>
    /// <param name="state">The state, live or captured.</param>
    /// <returns>The snapshot. The caller disposes it.</returns>
    public static StateSnapshot TakeSnapshot(this CheckpointIO checkpointIO, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(checkpointIO);
        ArgumentNullException.ThrowIfNull(state);
        return (checkpointIO.GetCapability<ICheckpointCapture>() ?? new WithoutCapture()).TakeSnapshot(state);
    }

    private sealed class WithoutCapture : ICheckpointCapture;
}

/// <summary>A snapshot that was copied entirely when it was taken.</summary>
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
