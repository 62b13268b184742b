using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A piece of live memory and its place in a snapshot.</summary>
internal sealed class PlannedPiece
{
    public PlannedPiece(StoragePiece piece, int firstTensor, long target, int firstPart, bool isLater, bool isFrozen)
    {
        Source = piece.Address;
        ByteLength = piece.ByteLength;
        TensorCount = piece.Tensors.Count;
        FirstTensor = firstTensor;
        Target = target;
        FirstPart = firstPart;
        IsLater = isLater;
        IsFrozen = isFrozen;
    }

    /// <summary>Where the live memory is.</summary>
    public nint Source { get; set; }

    public long ByteLength { get; }

    /// <summary>How many tensors lie in it.</summary>
    public int TensorCount { get; }

    /// <summary>The first tensor of the state that lies in it, for messages.</summary>
    public int FirstTensor { get; }

    /// <summary>Where it lies in the block of a snapshot or, frozen, in the copy that snapshots share.</summary>
    public long Target { get; }

    /// <summary>The first of its parts in the list that it is copied with.</summary>
    public int FirstPart { get; }

    /// <summary>Whether it may be copied until the fence, rather than at once.</summary>
    public bool IsLater { get; }

    /// <summary>Whether it is not expected to change at all; then it may also be copied later.</summary>
    public bool IsFrozen { get; }

    public CopyPart Part => new(Source, Target, ByteLength, CopyList.HasChecksum(ByteLength));
}
