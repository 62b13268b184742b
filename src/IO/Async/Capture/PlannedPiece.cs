using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A piece of live memory and its location in a snapshot.</summary>
internal sealed class PlannedPiece
{
    public PlannedPiece(StoragePiece piece, int firstTensor, long target, int firstPart, PieceKind kind)
    {
        Source = piece.Address;
        ByteLength = piece.ByteLength;
        TensorCount = piece.Tensors.Count;
        FirstTensor = firstTensor;
        Target = target;
        FirstPart = firstPart;
        IsLater = kind != PieceKind.Now;
        IsFrozen = kind == PieceKind.Frozen;
        IsInStep = kind == PieceKind.InStep;
    }

    /// <summary>Gets or sets the address of the live memory.</summary>
    public nint Source { get; set; }

    public long ByteLength { get; }

    /// <summary>Gets the number of tensors in the piece.</summary>
    public int TensorCount { get; }

    /// <summary>Gets the index of the first tensor of the state in the piece, for messages.</summary>
    public int FirstTensor { get; }

    /// <summary>Gets the offset in the block of a snapshot or, if frozen, in the shared copy.</summary>
    public long Target { get; }

    /// <summary>Gets the index of its first part in its copy list.</summary>
    public int FirstPart { get; }

    /// <summary>Gets a value indicating whether the piece may be copied until the fence.</summary>
    public bool IsLater { get; }

    /// <summary>Gets a value indicating whether the piece is not expected to change; it may also be copied later.</summary>
    public bool IsFrozen { get; }

    /// <summary>Gets a value indicating whether the step of an optimizer may make the copy.</summary>
    public bool IsInStep { get; }

    public CopyPart Part => new(Source, Target, ByteLength, CopyList.HasChecksum(ByteLength));
}

/// <summary>When a piece is copied.</summary>
internal enum PieceKind
{
    /// <summary>Before the save returns.</summary>
    Now,

    /// <summary>Until the fence.</summary>
    Later,

    /// <summary>Until the fence, by the step of an optimizer.</summary>
    InStep,

    /// <summary>Once; compared afterwards.</summary>
    Frozen,
}
