namespace Fulgurite.IO.Async.Capture;

/// <summary>The use of a block by one snapshot; after <see cref="Dispose"/> its memory is another's, and reading it is an error.</summary>
internal sealed class ArenaLease(ArenaPool pool, ArenaBlock block, bool isStanding) : IDisposable
{
    private readonly long _byteLength = block.ByteLength;
    private ArenaBlock? _block = block;

    // Only for snapshots that nobody disposed: the block frees itself, and the pool must not count it for ever.
    ~ArenaLease() => pool.Forget(_byteLength, isStanding);

    /// <summary>The memory.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot was given back.</exception>
    public ArenaBlock Block => _block ?? throw new ObjectDisposedException(nameof(State.TrainingState), "This captured state was disposed, and its memory holds another one by now. Share() it for as long as you use it.");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _block, null) is { } block)
        {
            GC.SuppressFinalize(this);
            pool.Return(block, isStanding);
        }
    }
}
