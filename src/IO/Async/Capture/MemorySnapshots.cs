using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// Snapshots that are held in memory and not written. They have their own pool, so that a snapshot held for a long time takes no room from
/// saves, which would wait for it in vain. Used by one thread at a time.
/// </summary>
internal sealed class MemorySnapshots : IDisposable
{
    private readonly ArenaPool _pool;
    private readonly SnapshotCapturer _capturer;

    public MemorySnapshots(AsyncCheckpointOptions options, CopyWorkers workers, Telemetry telemetry, Action onUnfenced)
    {
        _pool = new ArenaPool(options.HugePages);
        _capturer = new SnapshotCapturer(options, _pool, workers, telemetry, onUnfenced);
    }

    /// <summary>Gets the size of all memory, in use or idle, in bytes.</summary>
    public long TotalBytes => _pool.TotalBytes;

    public StateSnapshot Take(TrainingState state)
    {
        // Exactly the required amount: memory that fits no snapshot any more is freed.
        var room = new CaptureBudget((bytes, _) => _pool.LeasedBytes + ArenaBlock.RoundUp(bytes), static () => { }, static _ => { });
        var snapshot = _capturer.Capture(state, static _ => { }, room);
        return new MemorySnapshot(snapshot);
    }

    /// <summary>Plans the copy of a state and returns its size; <see cref="Prepare"/> then allocates the memory.</summary>
    public long Plan(TrainingState state) => _capturer.Plan(state);

    /// <summary>Allocates memory for a number of snapshots. Can be called on any thread.</summary>
    public void Prepare(long byteLength, int count) => _pool.Prepare(byteLength, count);

    public void Fence(IStepCopies? step) => _capturer.Fence(step);

    public void StopOverlapping() => _capturer.StopOverlapping();

    public void Dispose()
    {
        _capturer.Dispose();
        _pool.Dispose();
    }
}

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
                ? throw new InvalidOperationException(
                    $"'{torn}' was changed outside of the mutation fence while it was copied. "
                        + "Call BeforeParametersChange() of the CheckpointIO before changing parameters.")
                : _state;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _state.Dispose();
    }
}
