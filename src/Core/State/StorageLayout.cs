using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// The memory layout of the tensors of a state, with each piece of memory listed once. Tied tensors and overlapping views of live
/// tensors are detected by their addresses. A view covers its own extent, not the entire underlying storage.
/// </summary>
/// <remarks>Does not need libtorch for host tensors. Tensors of different element types in the same memory are kept apart.</remarks>
public sealed class StorageLayout
{
    /// <summary>The tensors in tree order, once per occurrence, and their places.</summary>
    private readonly IReadOnlyList<TensorData> _tensors;
    private readonly StoragePlace[] _places;

    /// <summary>The index of each tensor; created at the first lookup that does not follow the tree order.</summary>
    private readonly Lazy<Dictionary<TensorData, int>> _numbers;

    /// <summary>The index of the tensor expected next. Threads may overwrite each other's guess, which is verified on use.</summary>
    private int _next;

    private StorageLayout(List<StoragePiece> pieces, IReadOnlyList<TensorData> tensors, StoragePlace[] places)
    {
        Pieces = pieces;
        _tensors = tensors;
        _places = places;
        _numbers = new Lazy<Dictionary<TensorData, int>>(Number);
        foreach (var piece in pieces)
        {
            ByteLength += piece.ByteLength;
        }
    }

    /// <summary>Gets the pieces of memory, in the order of their first use in the tree.</summary>
    public IReadOnlyList<StoragePiece> Pieces { get; }

    /// <summary>Gets the total size of all pieces, in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets the place of a tensor of the state.</summary>
    /// <param name="tensor">A tensor of the state from which the layout was created.</param>
    public StoragePlace this[TensorData tensor]
    {
        get
        {
            var next = _next < _tensors.Count ? _next : 0;
            if (next < _tensors.Count && ReferenceEquals(_tensors[next], tensor))
            {
                _next = next + 1;
                return _places[next];
            }

            return _places[_numbers.Value[tensor]];
        }
    }

    /// <summary>Creates the layout of the tensors of a state.</summary>
    /// <param name="state">The state, live or captured.</param>
    public static StorageLayout Of(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var tensors = StateWalk.Collect(state.Root);
        var spans = new Span[tensors.Count];
        var isSorted = true;
        for (var order = 0; order < spans.Length; order++)
        {
            spans[order] = new Span(tensors[order], order);
            isSorted &= order == 0 || Span.Compare(spans[order - 1], spans[order]) < 0;
        }

        if (!isSorted)
        {
            Array.Sort(spans, static (left, right) => Span.Compare(left, right));
        }

        return Of(spans, tensors);
    }

    private static StorageLayout Of(Span[] spans, IReadOnlyList<TensorData> tensors)
    {
        var pieces = new List<StoragePiece>(spans.Length);
        var places = new StoragePlace[spans.Length];
        var empty = new Dictionary<TensorData, int>(ReferenceEqualityComparer.Instance);
        foreach (var (first, end) in RunsInOrder(spans))
        {
            if (end == 0)
            {
                continue;
            }

            var run = spans.AsSpan(first, end - first);
            if (run[0].Start == run[0].End && !empty.TryAdd(run[0].Tensor, pieces.Count))
            {
                places[run[0].Order] = new StoragePlace(empty[run[0].Tensor], 0);
                continue;
            }

            var last = run[0].End;
            foreach (ref readonly var span in run)
            {
                places[span.Order] = new StoragePlace(pieces.Count, (span.Start - run[0].Start) / span.Tensor.Type.ElementByteSize());
                last = Math.Max(last, span.End);
            }

            pieces.Add(new StoragePiece(run[0].Start, last - run[0].Start, run[0].Tensor.Type, Members(run)));
        }

        return new StorageLayout(pieces, tensors, places);
    }

    /// <summary>Returns the distinct tensors of a run; one tensor may occur several times in the tree.</summary>
    private static TensorData[] Members(ReadOnlySpan<Span> run)
    {
        if (run.Length == 1)
        {
            return [run[0].Tensor];
        }

        var members = new List<TensorData>(run.Length);
        var known = new HashSet<TensorData>(run.Length, ReferenceEqualityComparer.Instance);
        foreach (ref readonly var span in run)
        {
            if (known.Add(span.Tensor))
            {
                members.Add(span.Tensor);
            }
        }

        return [.. members];
    }

    private Dictionary<TensorData, int> Number()
    {
        var numbers = new Dictionary<TensorData, int>(_tensors.Count, ReferenceEqualityComparer.Instance);
        for (var number = 0; number < _tensors.Count; number++)
        {
            numbers.TryAdd(_tensors[number], number);
        }

        return numbers;
    }

    /// <summary>
    /// Returns the runs of spans that share memory, each at the index of its first use in the tree; other entries are empty.
    /// </summary>
    private static (int First, int End)[] RunsInOrder(Span[] spans)
    {
        var runs = new (int First, int End)[spans.Length];
        for (var index = 0; index < spans.Length; index++)
        {
            var end = spans[index].End;
            var order = spans[index].Order;
            var first = index;
            while (index + 1 < spans.Length && Joins(spans[first], end, spans[index + 1]))
            {
                index++;
                end = Math.Max(end, spans[index].End);
                order = Math.Min(order, spans[index].Order);
            }

            runs[order] = (first, index + 1);
        }

        return runs;
    }

    private static bool Joins(in Span first, nint end, in Span next) =>
        first.Tensor.Type == next.Tensor.Type
        && next.Start < end
        && next.Start < next.End
        && (next.Start - first.Start) % first.Tensor.Type.ElementByteSize() == 0;

    /// <summary>The memory that a tensor covers. Spans sort by element type, address and tree order.</summary>
    private readonly struct Span
    {
        private readonly int _type;

        public Span(TensorData tensor, int order)
        {
            Tensor = tensor;
            Order = order;
            Start = tensor.Address;
            End = Start + (nint)(tensor.Extent * tensor.Type.ElementByteSize());
            _type = (int)tensor.Type;
        }

        public TensorData Tensor { get; }

        public int Order { get; }

        public nint Start { get; }

        public nint End { get; }

        public static int Compare(in Span left, in Span right)
        {
            if (left._type != right._type)
            {
                return left._type < right._type ? -1 : 1;
            }

            return left.Start != right.Start ? (left.Start < right.Start ? -1 : 1) : left.Order.CompareTo(right.Order);
        }
    }
}

/// <summary>A piece of host memory that contains one or more tensors of a state.</summary>
/// <param name="Address">The start address, or zero if the piece is empty.</param>
/// <param name="ByteLength">The length in bytes.</param>
/// <param name="Type">The element type of the tensors.</param>
/// <param name="Tensors">The tensors in the piece, which keep its memory alive.</param>
public sealed record StoragePiece(nint Address, long ByteLength, ScalarType Type, IReadOnlyList<TensorData> Tensors)
{
    /// <summary>Gets the CRC-32 of the bytes if the piece is an entire storage with a known checksum; otherwise, null.</summary>
    public uint? Checksum
    {
        get
        {
            var storage = Tensors[0].Storage;
            return storage.IsCaptured && storage.ByteLength == ByteLength && storage.Address == Address ? storage.Checksum : null;
        }
    }
}

/// <summary>The place of a tensor in a <see cref="StorageLayout"/>.</summary>
/// <param name="Piece">The index of the piece in <see cref="StorageLayout.Pieces"/>.</param>
/// <param name="Offset">The offset of the first element in the piece, in elements.</param>
public readonly record struct StoragePlace(int Piece, long Offset);
