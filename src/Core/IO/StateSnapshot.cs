using Fulgurite.State;

namespace Fulgurite.IO;

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
