using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A region of an open file whose bytes are read on first use, or directly into the destination of a copy.</summary>
/// <param name="reader">The file.</param>
/// <param name="region">The region.</param>
/// <param name="slabs">Allocates memory.</param>
/// <param name="ahead">Reads small regions; shared by those of the file.</param>
internal sealed class DeferredTensorStorage(StorageReader reader, FileRegion region, TensorSlabs slabs, ReadAhead ahead) : TensorStorage
{
    private TensorStorage? _memory;

    /// <summary>Gets the file, for checksum verification.</summary>
    public StorageReader Reader => reader;

    /// <summary>Gets the region of the file.</summary>
    public FileRegion Region => region;

    public override long ByteLength => region.ByteLength;

    public override nint Address => ByteLength == 0 ? 0 : Read().Address;

    public override bool IsCaptured => true;

    public override bool TryRead(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - destination.Length);
        if (Volatile.Read(ref _memory) is not null)
        {
            return false;
        }

        ObjectDisposedException.ThrowIf(slabs.IsReleased, this);
        ahead.Read(reader, region.Offset + offset, destination);
        return true;
    }

    private unsafe TensorStorage Read()
    {
        if (Volatile.Read(ref _memory) is { } known)
        {
            return known;
        }

        lock (slabs)
        {
            ObjectDisposedException.ThrowIf(slabs.IsReleased, this);
            if (_memory is null)
            {
                var memory = slabs.Take(ByteLength);
                for (var done = 0L; done < ByteLength;)
                {
                    var piece = new Span<byte>((byte*)memory.Address + done, (int)Math.Min(1 << 30, ByteLength - done));
                    reader.Read(region.Offset + done, piece);
                    done += piece.Length;
                }

                Volatile.Write(ref _memory, memory);
            }

            return _memory;
        }
    }
}

/// <summary>Tensor memory within a mapped file.</summary>
internal sealed class MappedTensorStorage(FileMapping mapping, FileRegion region) : TensorStorage
{
    /// <summary>Gets the region of the file, for checksum verification.</summary>
    public FileRegion Region { get; } = region;

    public override long ByteLength => Region.ByteLength;

    public override nint Address => ByteLength == 0 ? 0 : mapping.Address + (nint)Region.Offset;

    public override bool IsCaptured => true;
}

/// <summary>A region of a file that holds the bytes of one or more tensors.</summary>
/// <param name="Offset">The offset in the file, in bytes.</param>
/// <param name="ByteLength">The length in bytes.</param>
/// <param name="Crc">The CRC-32 of the region; null if the file has none.</param>
internal sealed record FileRegion(long Offset, long ByteLength, uint? Crc)
{
    /// <summary>Gets or sets the memory that the region is read into or mapped at; allocated for the first tensor placed in it.</summary>
    public TensorStorage? Memory { get; set; }
}
