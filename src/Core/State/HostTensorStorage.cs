using System.Runtime.InteropServices;

namespace Fulgurite.State;

/// <summary>Unmanaged host memory for loaded tensors, aligned to 64 bytes, or to pages if large.</summary>
public sealed unsafe class HostTensorStorage : TensorStorage, IDisposable
{
    /// <summary>The minimum alignment of <see cref="Address"/>, in bytes: one cache line, sufficient for vector instructions.</summary>
    public const int Alignment = 64;

    /// <summary>The size from which memory is page-aligned, so that direct IO can read and write it in place.</summary>
    private const long LargeSize = 1 << 20;
    private const int PageAlignment = 4096;

    private byte* _address;

    /// <summary>Allocates memory. Its content is undefined until it is written through <see cref="GetWritableBytes"/>.</summary>
    /// <param name="byteLength">The number of bytes.</param>
    /// <exception cref="OutOfMemoryException">The operating system cannot provide the memory.</exception>
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

    /// <summary>Frees the memory if <see cref="Dispose"/> was not called.</summary>
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

    /// <summary>Returns a writable span, for use by the creator of the storage before the storage is published.</summary>
    /// <param name="offset">The start of the span, in bytes.</param>
    /// <param name="length">The length of the span, in bytes.</param>
    public Span<byte> GetWritableBytes(long offset, int length)
    {
        var window = GetBytes(offset, length);
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(window), window.Length);
    }

    /// <summary>Frees the memory. Further calls have no effect.</summary>
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
