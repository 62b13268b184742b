using Fulgurite.State;

namespace Fulgurite.IO;

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
