using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A part of a mapped file.</summary>
internal sealed class MappedTensorStorage(FileMapping mapping, FileRegion region) : TensorStorage
{
    /// <summary>Which part, for who wants to compare it with its checksum.</summary>
    public FileRegion Region { get; } = region;

    public override long ByteLength => Region.ByteLength;

    public override nint Address => ByteLength == 0 ? 0 : mapping.Address + (nint)Region.Offset;

    public override bool IsCaptured => true;
}

/// <summary>A stretch of a file that holds the bytes of one or more tensors.</summary>
/// <param name="Key">Its name in the file, for messages.</param>
/// <param name="Offset">Where it starts.</param>
/// <param name="ByteLength">How many bytes it has.</param>
/// <param name="Crc">Their CRC-32; null where the file has none.</param>
internal sealed record FileRegion(string Key, long Offset, long ByteLength, uint? Crc)
{
    /// <summary>The memory that it is read into or mapped at; made when a tensor first lies in it.</summary>
    public TensorStorage? Memory { get; set; }
}
