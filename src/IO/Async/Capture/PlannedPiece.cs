using Fulgurite.State;
using static TorchSharp.torch;

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
        Changes = kind == PieceKind.Rows ? piece.Tensors[0].Storage.Changes : null;
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

    /// <summary>Gets the changes of its rows, of which only those since an earlier copy are copied again; null to copy it whole.</summary>
    public RowChanges? Changes { get; }

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

    /// <summary>Until the fence; only what changed if the memory of the snapshot has an earlier copy.</summary>
    Rows,

    /// <summary>Once; compared afterwards.</summary>
    Frozen,
}

/// <summary>The properties of a tensor in a plan, used to check that a tensor has the same memory and layout.</summary>
internal sealed class PlannedTensor
{
    private readonly ScalarType _type;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _isOnHost;
    private readonly TensorStability _stability;
    private readonly RowChanges? _changes;

    public PlannedTensor(TensorData tensor, StoragePlace place)
    {
        _type = tensor.Type;
        _shape = tensor.Shape.ToArray();
        _strides = tensor.Strides.ToArray();
        _isOnHost = tensor.Storage.IsOnHost;
        _stability = tensor.Stability;
        _changes = tensor.Storage.Changes;
        Address = tensor.Address;
        Place = place;
    }

    /// <summary>Gets or sets the address of its first element, as of the creation or last update of the plan.</summary>
    public nint Address { get; set; }

    /// <summary>Gets its piece and its offset in the piece.</summary>
    public StoragePlace Place { get; }

    /// <summary>Returns true if a tensor matches, except for its address.</summary>
    public bool IsLike(TensorData tensor) =>
        tensor.Type == _type
        && tensor.Stability == _stability
        && tensor.Shape.SequenceEqual(_shape)
        && tensor.Strides.SequenceEqual(_strides)
        && tensor.Storage.IsOnHost == _isOnHost
        && ReferenceEquals(tensor.Storage.Changes, _changes);
}
