using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// Which memory the tensors of a state lie in, each piece once. Tied tensors and overlapping views of live tensors, which know
/// nothing of each other, are found by their addresses; a small view counts its extent, not the storage that it is a view of.
/// </summary>
/// <remarks>Does not need libtorch for tensors on the host. Tensors of different element types in the same memory are kept apart.</remarks>
public sealed class StorageLayout
{
    /// <summary>The tensors in the order of the tree, one for each place where one stands, and where each lies.</summary>
    private readonly IReadOnlyList<TensorData> _tensors;
    private readonly StoragePlace[] _places;

    /// <summary>The number of each tensor among them; made when somebody asks in another order than that of the tree.</summary>
    private readonly Lazy<Dictionary<TensorData, int>> _numbers;

    /// <summary>Which tensor is likely to be asked for next. Threads may disturb each other's guess; what it leads to is compared.</summary>
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

    /// <summary>The pieces of memory, in the order in which the tree first uses them.</summary>
    public IReadOnlyList<StoragePiece> Pieces { get; }

    /// <summary>What all pieces take, in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Where a tensor of the state lies.</summary>
    /// <param name="tensor">A tensor of the state that the layout was made of.</param>
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

    /// <summary>Lays out the tensors of a state.</summary>
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

    /// <summary>The tensors of a run, each once: the same one may stand in several places of the tree.</summary>
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

    /// <summary>The runs of spans that share memory, each at the place where the tree first uses it; the other places are empty.</summary>
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

    /// <summary>What a tensor covers. The order is that of element type, address and then the tree.</summary>
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

/// <summary>A piece of host memory that one or more tensors of a state lie in.</summary>
/// <param name="Address">Where it starts; zero where it is empty.</param>
/// <param name="ByteLength">Its length in bytes.</param>
/// <param name="Type">The element type of its tensors.</param>
/// <param name="Tensors">The tensors in it; they keep the memory alive.</param>
public sealed record StoragePiece(nint Address, long ByteLength, ScalarType Type, IReadOnlyList<TensorData> Tensors)
{
    /// <summary>The CRC-32 of its bytes where it is a whole storage that knows it; otherwise null.</summary>
    public uint? Checksum
    {
        get
        {
            var storage = Tensors[0].Storage;
            return storage.IsCaptured && storage.ByteLength == ByteLength && storage.Address == Address ? storage.Checksum : null;
        }
    }
}

/// <summary>Where a tensor lies.</summary>
/// <param name="Piece">The number of its piece in <see cref="StorageLayout.Pieces"/>.</param>
/// <param name="Offset">Where its first element lies in the piece, in elements.</param>
public readonly record struct StoragePlace(int Piece, long Offset);
