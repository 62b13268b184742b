using Fulgurite.State;

namespace Fulgurite.IO.Async.Capture;

/// <summary>The memory of one piece of a snapshot; tensors that share memory share the instance.</summary>
internal sealed class ArenaStorage(ArenaLease lease, PlannedPiece piece, CopyTarget copy) : TensorStorage
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => piece.ByteLength == 0 ? 0 : lease.Block.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public override uint? Checksum => copy.ChecksumOf(piece);
}
