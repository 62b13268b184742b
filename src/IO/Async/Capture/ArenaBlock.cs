using System.Runtime.InteropServices;

namespace Fulgurite.IO.Async.Capture;

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
