using Fulgurite.State;

namespace Fulgurite.IO.Async.Capture;

/// <summary>A piece of a snapshot that lies in the copy which snapshots share.</summary>
internal sealed class FrozenStorage(Snapshot snapshot, long offset, long byteLength) : TensorStorage
{
    public override long ByteLength => byteLength;

    public override nint Address => snapshot.FrozenAddress + (nint)offset;

    public override bool IsCaptured => true;
}
