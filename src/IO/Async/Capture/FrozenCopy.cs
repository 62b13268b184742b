using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>One copy of what does not change while training goes on, shared by the plan and all snapshots that found it unchanged.</summary>
internal sealed class FrozenCopy(ArenaLease lease, CopyList list)
{
    private int _users = 1;

    /// <summary>Where it is.</summary>
    public nint Address => lease.Block.Address;

    /// <summary>What was copied into it; only once that is complete can a later capture be compared with it.</summary>
    public CopyTarget Copy { get; } = new(list, lease.Block.Address);

    public FrozenCopy Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>One user less; the last one gives the memory back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            lease.Dispose();
        }
    }
}

/// <summary>A piece of a snapshot that lies in the copy which snapshots share.</summary>
internal sealed class FrozenStorage(Snapshot snapshot, PlannedPiece piece) : TensorStorage
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => snapshot.Frozen.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public override uint? Checksum => snapshot.Frozen.Copy.ChecksumOf(piece);
}
