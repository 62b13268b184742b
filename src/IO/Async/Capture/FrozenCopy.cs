using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A copy of the frozen tensors, shared by the plan and all snapshots for which they were unchanged.</summary>
internal sealed class FrozenCopy(ArenaLease lease, CopyList list)
{
    private int _users = 1;

    /// <summary>Gets the address.</summary>
    public nint Address => lease.Block.Address;

    /// <summary>Gets the copy target; later captures are compared with it once it is complete.</summary>
    public CopyTarget Copy { get; } = new(list, lease.Block.Address);

    public FrozenCopy Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>Releases a reference; the last one returns the memory.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            lease.Dispose();
        }
    }
}

/// <summary>A piece of a snapshot in the shared copy.</summary>
internal sealed class FrozenStorage(Snapshot snapshot, PlannedPiece piece) : TensorStorage, ISharedMemory
{
    public override long ByteLength => piece.ByteLength;

    public override nint Address => snapshot.Frozen.Address + (nint)piece.Target;

    public override bool IsCaptured => true;

    public object Memory => snapshot.Frozen;

    public override uint? Checksum => snapshot.Frozen.Copy.ChecksumOf(piece);
}
