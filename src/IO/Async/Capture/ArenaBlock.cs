using System.Runtime.InteropServices;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>One piece of host memory outside the garbage collector's heap that holds one snapshot at a time.</summary>
internal sealed unsafe class ArenaBlock : IDisposable
{
    /// <summary>The size and alignment of a huge page; blocks are multiples of it unless they are small.</summary>
    public const int HugePage = 2 << 20;

    /// <summary>The size and alignment of a page, which direct IO asks for.</summary>
    public const int Page = 4096;

    private readonly Lock _freeing = new();
    private byte* _address;

    public ArenaBlock(long byteLength, bool hugePages)
    {
        ByteLength = byteLength;
        _address = (byte*)NativeMemory.AlignedAlloc((nuint)byteLength, (nuint)(byteLength >= HugePage ? HugePage : Page));
        if (hugePages && byteLength >= HugePage)
        {
            MemoryAdvice.PreferHugePages(_address, byteLength);
        }

        GC.AddMemoryPressure(byteLength);
    }

    ~ArenaBlock() => Release();

    public long ByteLength { get; }

    public nint Address => (nint)_address;

    /// <summary>What a block for so many bytes takes.</summary>
    public static long RoundUp(long byteLength)
    {
        var unit = byteLength >= HugePage ? HugePage : Page;
        return Math.Max(unit, checked(byteLength + unit - 1) / unit * unit);
    }

    /// <summary>Makes the operating system hand out every page now, so that the first copy into them does not wait for it.</summary>
    /// <remarks>Changes nothing, so that the block may be in use meanwhile, and stops when it is freed.</remarks>
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

/// <summary>The memory of one piece of a snapshot; tensors that share memory share the instance.</summary>
internal sealed class ArenaStorage(ArenaLease lease, PlannedPiece piece, CopyTarget copy) : TensorStorage
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => piece.ByteLength == 0 ? 0 : lease.Block.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public override uint? Checksum => copy.ChecksumOf(piece);
}
