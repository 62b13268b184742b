using System.Runtime.InteropServices;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A block of unmanaged memory that holds one snapshot at a time.</summary>
internal sealed unsafe class ArenaBlock : IDisposable
{
    /// <summary>The size and alignment of a huge page; block sizes are multiples of it, except small ones.</summary>
    public const int HugePage = 2 << 20;

    /// <summary>The size and alignment of a page, as required by direct IO.</summary>
    public const int Page = 4096;

    private readonly Lock _freeing = new();
    private byte* _address;

    /// <summary>Allocates a block.</summary>
    /// <param name="byteLength">The size in bytes.</param>
    /// <param name="hugePages">Whether to request huge pages.</param>
    /// <param name="hasRows">
    /// Whether steps copy single rows into it. In new memory, each would wait until the kernel has zeroed all of a huge page.
    /// </param>
    public ArenaBlock(long byteLength, bool hugePages, bool hasRows = false)
    {
        ByteLength = byteLength;
        _address = (byte*)NativeMemory.AlignedAlloc((nuint)byteLength, (nuint)(byteLength >= HugePage ? HugePage : Page));
        if ((hugePages || hasRows) && byteLength >= HugePage)
        {
            MemoryAdvice.SetHugePages(_address, byteLength, !hasRows);
        }

        GC.AddMemoryPressure(byteLength);
    }

    ~ArenaBlock() => Release();

    public long ByteLength { get; }

    public nint Address => (nint)_address;

    /// <summary>
    /// Gets or sets the rows that the memory has of snapshots; null for unknown content. Set by the thread that begins a capture.
    /// </summary>
    public CopiedRows? Rows { get; set; }

    /// <summary>Returns the block size for a number of bytes.</summary>
    public static long RoundUp(long byteLength)
    {
        var unit = byteLength >= HugePage ? HugePage : Page;
        return Math.Max(unit, checked(byteLength + unit - 1) / unit * unit);
    }

    /// <summary>Commits all pages now, so that the first copy does not wait for page faults.</summary>
    /// <remarks>Does not modify the memory, so the block may be in use meanwhile. Stops when the block is freed.</remarks>
    public void Touch()
    {
        for (var start = 0L; start < ByteLength; start += HugePage)
        {
            lock (_freeing)
            {
                if (_address is null)
                {
                    return;
                }

                for (var offset = start; offset < Math.Min(ByteLength, start + HugePage); offset += Page)
                {
                    Interlocked.Or(ref *(int*)(_address + offset), 0);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_freeing)
        {
            Release();
        }

        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_address is not null)
        {
            NativeMemory.AlignedFree(_address);
            _address = null;
            GC.RemoveMemoryPressure(ByteLength);
        }
    }
}

/// <summary>The lease of a block for one snapshot; after <see cref="Dispose"/> the memory may be reused and must not be read.</summary>
internal sealed class ArenaLease(ArenaPool pool, ArenaBlock block, bool isStanding) : IDisposable
{
    private readonly long _byteLength = block.ByteLength;
    private ArenaBlock? _block = block;

    // Only for snapshots that were never disposed: the block frees itself, and the pool must stop counting it.
    ~ArenaLease() => pool.Forget(_byteLength, isStanding);

    /// <summary>Gets the block.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ArenaBlock Block => _block ?? throw new ObjectDisposedException(
        nameof(TrainingState),
        "This captured state was disposed, and its memory has been reused. Call Share() to keep it for longer.");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _block, null) is { } block)
        {
            GC.SuppressFinalize(this);
            pool.Return(block, isStanding);
        }
    }
}

/// <summary>The memory of one piece of a snapshot; tensors that share memory share the instance.</summary>
internal sealed class ArenaStorage(ArenaLease lease, PlannedPiece piece, CopyTarget copy) : TensorStorage
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => piece.ByteLength == 0 ? 0 : lease.Block.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public override uint? Checksum => copy.ChecksumOf(piece);
}

/// <summary>The memory of a piece of which only changed rows are copied.</summary>
/// <param name="lease">The memory of the snapshot.</param>
/// <param name="piece">The piece.</param>
/// <param name="epoch">The epoch up to which changes are in the copy.</param>
/// <param name="memory">The object that stands for the memory.</param>
internal sealed class RowStorage(ArenaLease lease, PlannedPiece piece, int epoch, object memory) : TensorStorage, IRowHistory
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => lease.Block.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public RowChanges History => piece.Changes!;

    public int Epoch => epoch;

    public object Memory => memory;
}
