using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The copy operations of a capture. A plan is reused as long as the tensors of the state have the same memory and layout; tensors that
/// may change at any time (random state is a new tensor each time) may also move.
/// </summary>
/// <remarks>
/// Holds references to the memory to be copied later, so that the module can be disposed meanwhile. Created and matched by the training
/// thread; released by its last user.
/// </remarks>
internal sealed class CapturePlan
{
    /// <summary>The size in bytes up to which an immediate copy is cheaper than a deferred one.</summary>
    public const int SmallPiece = 4096;

    /// <summary>The alignment of pieces in bytes.</summary>
    public const int Alignment = 64;

    private readonly PlannedTensor[] _tensors;
    private readonly List<IDisposable> _holds = [];
    private readonly List<TensorStorage> _references = [];
    private readonly Lock _frozenGate = new();
    private FrozenCopy? _frozen;
    private int _users = 1;

    /// <summary>Plans the capture of a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="tensors">Its tensors in order.</param>
    /// <param name="overlap">Whether copies are deferred where possible.</param>
    /// <param name="copiesRows">Whether only changed rows are copied where they are known.</param>
    public CapturePlan(TrainingState state, IReadOnlyList<TensorData> tensors, bool overlap, bool copiesRows = false)
    {
        Overlaps = overlap;
        var layout = StorageLayout.Of(state);
        var first = new int[layout.Pieces.Count];
        Array.Fill(first, -1);
        _tensors = new PlannedTensor[tensors.Count];
        for (var index = 0; index < tensors.Count; index++)
        {
            _tensors[index] = new PlannedTensor(tensors[index], layout[tensors[index]]);
            ref var known = ref first[_tensors[index].Place.Piece];
            known = known < 0 ? index : known;
        }

        Pieces = new PlannedPiece[first.Length];
        var kinds = layout.Pieces.Select(piece => KindOf(piece, overlap, copiesRows)).ToArray();

        // Copies that are left to the step come last in the list of deferred copies.
        var inStepParts = layout.Pieces.Where((_, index) => kinds[index] == PieceKind.Later).Sum(
            piece => CopyList.CountParts(piece.ByteLength));
        int nowParts = 0, laterParts = 0, frozenParts = 0, rowParts = 0;
        for (var index = 0; index < first.Length; index++)
        {
            var (piece, kind) = (layout.Pieces[index], kinds[index]);
            var isFrozen = kind == PieceKind.Frozen;
            ref var parts = ref nowParts;
            switch (kind)
            {
                case PieceKind.Later: parts = ref laterParts; break;
                case PieceKind.InStep: parts = ref inStepParts; break;
                case PieceKind.Frozen: parts = ref frozenParts; break;
                case PieceKind.Rows: parts = ref rowParts; break;
            }

            Pieces[index] = new PlannedPiece(piece, first[index], isFrozen ? FrozenBytes : ByteLength, parts, kind);
            parts += CopyList.CountParts(piece.ByteLength);
            var end = checked((isFrozen ? FrozenBytes : ByteLength) + piece.ByteLength + Alignment - 1) / Alignment * Alignment;
            (ByteLength, FrozenBytes) = isFrozen ? (ByteLength, end) : (end, FrozenBytes);
            if (kind != PieceKind.Now)
            {
                Hold(piece);
            }
        }

        TensorBytes = layout.ByteLength;
        LaterPieces = [.. Pieces.Where(piece => piece.IsLater)];
        InStepPieces = [.. Pieces.Where(piece => piece.IsInStep)];
        RowPieces = [.. Pieces.Where(piece => piece.Changes is not null)];
        RowBytes = RowPieces.Sum(piece => piece.ByteLength);
        Later = new CopyList(
            LaterPieces.Where(piece => piece is { IsFrozen: false, IsInStep: false, Changes: null }).Select(piece => piece.Part),
            InStepPieces.Select(piece => piece.Part));
        Frozen = new CopyList(LaterPieces.Where(piece => piece.IsFrozen).Select(piece => piece.Part));
        Now = NowParts();
    }

    /// <summary>Gets the pieces whose copy is left to the step of an optimizer.</summary>
    public PlannedPiece[] InStepPieces { get; }

    /// <summary>Gets the pieces of which only changed rows are copied.</summary>
    public PlannedPiece[] RowPieces { get; }

    /// <summary>Gets the size of <see cref="RowPieces"/> in bytes.</summary>
    public long RowBytes { get; }

    /// <summary>Gets a value indicating whether copies are deferred where possible.</summary>
    public bool Overlaps { get; }

    /// <summary>Gets the pieces in state order.</summary>
    public PlannedPiece[] Pieces { get; }

    /// <summary>Gets the pieces that may be copied until the fence.</summary>
    public PlannedPiece[] LaterPieces { get; }

    /// <summary>Gets the copies made before the save returns.</summary>
    public CopyList Now { get; private set; }

    /// <summary>Gets the copies made until the fence.</summary>
    public CopyList Later { get; }

    /// <summary>Gets the copies of frozen tensors: copied once, then compared until the fence.</summary>
    public CopyList Frozen { get; }

    /// <summary>Gets the size of a snapshot without shared memory in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets the size of the shared copy of frozen tensors in bytes.</summary>
    public long FrozenBytes { get; }

    /// <summary>Gets the size of all tensors in bytes, with shared memory counted once.</summary>
    public long TensorBytes { get; }

    /// <summary>Gets the location of a tensor.</summary>
    public StoragePlace this[int tensor] => _tensors[tensor].Place;

    /// <summary>Returns true if the plan matches the tensors; updates the addresses of tensors that may move.</summary>
    public bool TryAdapt(IReadOnlyList<TensorData> tensors)
    {
        if (tensors.Count != _tensors.Length)
        {
            return false;
        }

        List<int>? moved = null;
        for (var index = 0; index < _tensors.Length; index++)
        {
            var planned = _tensors[index];
            if (!planned.IsLike(tensors[index]))
            {
                return false;
            }

            if (planned.Address != tensors[index].Address)
            {
                var piece = Pieces[planned.Place.Piece];
                if (piece.IsLater || piece.TensorCount != 1)
                {
                    return false;
                }

                (moved ??= []).Add(index);
            }
        }

        return moved is null || TryMove(moved, tensors);
    }

    /// <summary>Returns a new reference to the complete shared copy of frozen tensors; null if there is none yet.</summary>
    public FrozenCopy? ShareFrozen()
    {
        lock (_frozenGate)
        {
            return _frozen?.Share();
        }
    }

    /// <summary>
    /// Adopts the frozen copy of the previous plan if the memory is the same: two kinds of states may be saved alternately.
    /// </summary>
    public void InheritFrozen(CapturePlan before)
    {
        if (FrozenBytes > 0 && Frozen.IsLike(before.Frozen) && before.ShareFrozen() is { } copy)
        {
            KeepFrozen(copy);
            copy.Release();
        }
    }

    /// <summary>Replaces the frozen copy by another complete one.</summary>
    public void KeepFrozen(FrozenCopy copy)
    {
        lock (_frozenGate)
        {
            _frozen?.Release();
            _frozen = copy.Share();
        }
    }

    /// <summary>Adds a reference.</summary>
    public CapturePlan Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>Releases a reference; the last one releases the live memory.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _holds.ForEach(hold => hold.Dispose());
            _references.Clear();
            _frozen?.Release();
        }
    }

    private static PieceKind KindOf(StoragePiece piece, bool overlap, bool copiesRows)
    {
        if (!overlap || piece.ByteLength <= SmallPiece
            || piece.Tensors.Any(tensor => tensor.Stability == TensorStability.Volatile || !tensor.Storage.IsOnHost))
        {
            return PieceKind.Now;
        }

        if (piece.Tensors.All(tensor => tensor.Stability == TensorStability.Frozen))
        {
            return PieceKind.Frozen;
        }

        // The step of a sparse gradient does not pass over all of its tensors, so it cannot copy them.
        var changes = piece.Tensors[0].Storage.Changes;
        return changes is not null
            ? copiesRows && changes.RowCount * changes.RowByteLength == piece.ByteLength
                && piece.Tensors.All(tensor => ReferenceEquals(tensor.Storage.Changes, changes)) ? PieceKind.Rows : PieceKind.Later
            : piece.Tensors.All(tensor => tensor.Stability == TensorStability.UntilOptimizerStep) ? PieceKind.InStep
            : PieceKind.Later;
    }

    private void Hold(StoragePiece piece)
    {
        foreach (var tensor in piece.Tensors)
        {
            if (tensor.Storage.Hold() is { } hold)
            {
                _holds.Add(hold);
            }
            else
            {
                _references.Add(tensor.Storage);
            }
        }
    }

    private bool TryMove(List<int> moved, IReadOnlyList<TensorData> tensors)
    {
        foreach (var index in moved)
        {
            var planned = _tensors[index];
            planned.Address = tensors[index].Address;
            Pieces[planned.Place.Piece].Source = planned.Address;
        }

        // What moved may share memory with something now; then the pieces are others, and the plan has to be made anew.
        var end = nint.Zero;
        foreach (var piece in Pieces.Where(piece => piece.ByteLength > 0).OrderBy(piece => piece.Source))
        {
            if (piece.Source < end)
            {
                return false;
            }

            end = piece.Source + (nint)piece.ByteLength;
        }

        Now = NowParts();
        return true;
    }

    private CopyList NowParts() => new(Pieces.Where(piece => !piece.IsLater).Select(piece => piece.Part));
}
