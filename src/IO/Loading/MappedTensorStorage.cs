using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Loading;

/// <summary>A part of a mapped file.</summary>
internal sealed class MappedTensorStorage(FileMapping mapping, FileRegion region) : TensorStorage
{
    /// <summary>Which part, for who wants to compare it with its checksum.</summary>
    public FileRegion Region { get; } = region;

    public override long ByteLength => Region.ByteLength;

    public override nint Address => ByteLength == 0 ? 0 : mapping.Address + (nint)Region.Offset;

    public override bool IsCaptured => true;
}
