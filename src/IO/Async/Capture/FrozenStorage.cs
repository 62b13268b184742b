using Fulgurite.State;

namespace Fulgurite.IO.Async.Capture;

/// <summary>A piece of a snapshot that lies in the copy which snapshots share.</summary>
internal sealed class FrozenStorage(Snapshot snapshot, PlannedPiece piece) : TensorStorage
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => snapshot.Frozen.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public override uint? Checksum => snapshot.Frozen.Copy.ChecksumOf(piece);
}
