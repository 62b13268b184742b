using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// A region of a file that holds the bytes of one or more tensors. It is also their memory if the file is mapped, or read on first use: one
/// object less for each of thousands of tensors.
/// </summary>
/// <param name="offset">The offset in the file, in bytes.</param>
/// <param name="byteLength">The length in bytes.</param>
/// <param name="crc">The CRC-32 of the region; null if the file has none.</param>
internal sealed class FileRegion(long offset, long byteLength, uint? crc) : TensorStorage
{
    /// <summary>What was read of a deferred region on first use; guarded by the file.</summary>
    private TensorStorage? _read;

    /// <summary>Gets the offset in the file, in bytes.</summary>
    public long Offset => offset;

    /// <inheritdoc/>
    public override long ByteLength => byteLength;

    /// <summary>Gets the CRC-32 of the region; null if the file has none.</summary>
    public uint? Crc => crc;

    /// <summary>
    /// Gets or sets the memory that the region is read into, or the region itself; allocated for the first tensor placed in it.
    /// </summary>
    public TensorStorage? Memory { get; set; }

    /// <summary>Gets or sets the mapping of the file.</summary>
    public FileMapping? Mapping { get; set; }

    /// <summary>Gets or sets the file that the region is read from on first use.</summary>
    public DeferredFile? File { get; set; }

    /// <inheritdoc/>
    public override nint Address => ByteLength == 0 ? 0 : Mapping is not null ? Mapping.Address + (nint)offset : Read().Address;

    /// <inheritdoc/>
    public override bool IsCaptured => true;

    /// <inheritdoc/>
    public override bool TryRead(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - destination.Length);
        if (File is null || Volatile.Read(ref _read) is not null)
        {
            return false;
        }

        File.Read(Offset + offset, destination);
        return true;
    }

    /// <inheritdoc/>
    internal override bool TryRead(ReadOnlySpan<StorageRead> reads) => File is not null && File.TryRead(reads);

    /// <summary>Returns the read that fetches a part of the region; null if it is in memory, or read from another file.</summary>
    public FileRead? ReadOf(DeferredFile file, in StorageRead part) => ReferenceEquals(file, File) && Volatile.Read(ref _read) is null
        && part.Offset >= 0 && part.Offset <= ByteLength - part.ByteLength
        ? new FileRead(Offset + part.Offset, part.Address, part.ByteLength)
        : null;

    private TensorStorage Read()
    {
        if (Volatile.Read(ref _read) is { } known)
        {
            return known;
        }

        var file = File ?? throw new InvalidOperationException("The region is read into other memory.");
        lock (file)
        {
            if (_read is null)
            {
                Volatile.Write(ref _read, file.Load(Offset, ByteLength));
            }

            return _read!;
        }
    }
}

/// <summary>An open file whose tensors are read on first use, or directly into the destination of a copy.</summary>
/// <param name="reader">The file.</param>
/// <param name="slabs">Allocates memory for those on first use.</param>
internal sealed class DeferredFile(StorageReader reader, TensorSlabs slabs)
{
    /// <summary>Gets the file, for checksum verification.</summary>
    public StorageReader Reader => reader;

    /// <summary>Reads a range.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(slabs.IsReleased, this);
        reader.Read(offset, destination);
    }

    /// <summary>
    /// Reads parts of regions, many with one call; returns false, with nothing read, if one is in memory or of another file.
    /// </summary>
    public bool TryRead(ReadOnlySpan<StorageRead> parts)
    {
        ObjectDisposedException.ThrowIf(slabs.IsReleased, this);
        Span<FileRead> reads = stackalloc FileRead[SmallReads.Batch];
        Span<uint> checksums = stackalloc uint[SmallReads.Batch];
        if (parts.Length > reads.Length)
        {
            return false;
        }

        for (var index = 0; index < parts.Length; index++)
        {
            if ((parts[index].Storage as FileRegion)?.ReadOf(this, parts[index]) is not { } read)
            {
                return false;
            }

            reads[index] = read;
        }

        using var buffer = new AlignedBuffer();
        SmallReads.Read(reader, reads[..parts.Length], checksums, verify: false, buffer);
        return true;
    }

    /// <summary>Reads a region into memory of its own.</summary>
    public unsafe TensorStorage Load(long offset, long byteLength)
    {
        lock (slabs)
        {
            ObjectDisposedException.ThrowIf(slabs.IsReleased, this);
            var memory = slabs.Take(byteLength);
            for (var done = 0L; done < byteLength;)
            {
                var piece = new Span<byte>((byte*)memory.Address + done, (int)Math.Min(1 << 30, byteLength - done));
                reader.Read(offset + done, piece);
                done += piece.Length;
            }

            return memory;
        }
    }
}
