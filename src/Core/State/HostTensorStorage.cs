using System.Runtime.InteropServices;

namespace Fulgurite.State;

/// <summary>Memory of its own outside the garbage collector's heap, aligned to 64 bytes, large memory to pages; what a loaded tensor lies in.</summary>
public sealed unsafe class HostTensorStorage : TensorStorage, IDisposable
{
    /// <summary>The least alignment of <see cref="Address"/>, in bytes: a cache line, and what vector instructions ask for.</summary>
    public const int Alignment = 64;

    /// <summary>From this size on memory starts on a page, so that direct IO can read and write it where it is.</summary>
    private const long LargeSize = 1 << 20;
    private const int PageAlignment = 4096;

    private byte* _address;

    /// <summary>Takes memory. Its content is undefined until it is written through <see cref="GetWritableBytes"/>.</summary>
    /// <param name="byteLength">How many bytes.</param>
    /// <exception cref="OutOfMemoryException">The operating system has no more.</exception>
    public HostTensorStorage(long byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ByteLength = byteLength;
        if (byteLength > 0)
        {
            _address = (byte*)NativeMemory.AlignedAlloc((nuint)byteLength, byteLength >= LargeSize ? (nuint)PageAlignment : Alignment);
            GC.AddMemoryPressure(byteLength);
        }
    }

    /// <summary>Gives the memory back if <see cref="Dispose"/> was not called.</summary>
    ~HostTensorStorage() => Release();

    /// <inheritdoc/>
    public override long ByteLength { get; }

    /// <inheritdoc/>
    public override nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address is null && ByteLength > 0, this);
            return (nint)_address;
        }
    }

    /// <inheritdoc/>
    public override bool IsCaptured => true;

    /// <summary>A window to write the content through, by whoever made the storage and before anyone else sees it.</summary>
    /// <param name="offset">Where the window starts, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    public Span<byte> GetWritableBytes(long offset, int length)
    {
        var window = GetBytes(offset, length);
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(window), window.Length);
    }

    /// <summary>Gives the memory back. Calling it again does nothing.</summary>
    public void Dispose()
    {
        Release();
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
