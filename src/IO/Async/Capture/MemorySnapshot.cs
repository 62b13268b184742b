using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A reference to a snapshot that is not written.</summary>
internal sealed class MemorySnapshot : StateSnapshot
{
    private readonly Snapshot _snapshot;
    private readonly TrainingState _state;
    private bool _disposed;

    public MemorySnapshot(Snapshot snapshot)
    {
        _snapshot = snapshot;
        _state = snapshot.State.Share();
    }

    public override long ByteLength => _snapshot.ByteLength;

    public override TrainingState State
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _snapshot.Copying.Release();
            _snapshot.Copying.Work();
            _snapshot.Copying.Wait();
            if (_snapshot.Failure is { } failure)
            {
                throw new InvalidOperationException($"The state was not copied: {failure.Message}", failure);
            }

            return _snapshot.FindTornTensor() is { } torn
                ? throw new InvalidOperationException($"'{torn}' was changed outside of the mutation fence while it was copied. Call BeforeParametersChange() of the CheckpointIO before changing parameters.")
                : _state;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _state.Dispose();
    }
}
