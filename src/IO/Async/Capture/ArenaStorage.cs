using Fulgurite.State;

namespace Fulgurite.IO.Async.Capture;

/// <summary>The memory of one piece of a snapshot; tensors that share memory share the instance.</summary>
internal sealed class ArenaStorage(ArenaLease lease, long offset, long byteLength) : TensorStorage
{
    public override long ByteLength => byteLength;

    public override nint Address => byteLength == 0 ? 0 : lease.Block.Address + (nint)offset;

    public override bool IsCaptured => true;
}
