using Fulgurite.State;

namespace Fulgurite.IO;

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
/// <param name="Key">The name of the region in the file, for messages.</param>
/// <param name="Offset">The offset in the file, in bytes.</param>
/// <param name="ByteLength">The length in bytes.</param>
/// <param name="Crc">The CRC-32 of the region; null if the file has none.</param>
internal sealed record FileRegion(string Key, long Offset, long ByteLength, uint? Crc)
{
    /// <summary>Gets or sets the memory that the region is read into or mapped at; allocated for the first tensor placed in it.</summary>
    public TensorStorage? Memory { get; set; }
}
