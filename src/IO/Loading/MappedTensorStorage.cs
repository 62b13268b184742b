using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Loading;

/// <summary>A part of a mapped file.</summary>
internal sealed class MappedTensorStorage(FileMapping mapping, long offset, long byteLength) : TensorStorage
{
    public override long ByteLength { get; } = byteLength;

    public override nint Address => ByteLength == 0 ? 0 : mapping.Address + (nint)offset;

    public override bool IsCaptured => true;
}
