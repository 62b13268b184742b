namespace Fulgurite.State;

/// <summary>
/// Which memory the tensors of a state lie in, each piece once. Tied tensors and overlapping views of live tensors, which know
/// nothing of each other, are found by their addresses; a small view counts its extent, not the storage that it is a view of.
/// </summary>
/// <remarks>Needs no engine for tensors on the host. Tensors of different element types in the same memory are kept apart.</remarks>
public sealed class StorageLayout
{
    private readonly Dictionary<TensorData, StoragePlace> _places;

    private StorageLayout(List<StoragePiece> pieces, Dictionary<TensorData, StoragePlace> places)
    {
        Pieces = pieces;
        _places = places;
        ByteLength = pieces.Sum(piece => piece.ByteLength);
    }

    /// <summary>The pieces of memory, in the order in which the tree first uses them.</summary>
    public IReadOnlyList<StoragePiece> Pieces { get; }

    /// <summary>What all pieces take, in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Where a tensor of the state lies.</summary>
    /// <param name="tensor">A tensor of the state that the layout was made of.</param>
    public StoragePlace this[TensorData tensor] => _places[tensor];

    /// <summary>Lays out the tensors of a state.</summary>
    /// <param name="state">The state, live or captured.</param>
    public static StorageLayout Of(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var all = new List<TensorData>();
        StateWalk.Collect(state.Root, all);
        var tensors = new List<TensorData>(all.Count);
        var known = new HashSet<TensorData>(all.Count, ReferenceEqualityComparer.Instance);
        foreach (var tensor in all)
        {
            if (known.Add(tensor))
            {
                tensors.Add(tensor);
            }
        }

        return Of(tensors);
    }

    private static StorageLayout Of(List<TensorData> tensors)
    {
        var spans = new Span[tensors.Count];
        for (var order = 0; order < spans.Length; order++)
        {
            spans[order] = new Span(tensors[order], order);
        }

        Array.Sort(spans, static (left, right) => Span.Compare(left, right));
        var runs = new List<(int Order, int First, int End)>(spans.Length);
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

            runs.Add((order, first, index + 1));
        }

        runs.Sort();
        return Of(spans, runs);
    }

    private static StorageLayout Of(Span[] spans, List<(int Order, int First, int End)> runs)
    {
        var pieces = new List<StoragePiece>(runs.Count);
        var places = new Dictionary<TensorData, StoragePlace>(spans.Length, ReferenceEqualityComparer.Instance);
        foreach (var (_, first, end) in runs)
        {
            var start = spans[first].Start;
            var type = spans[first].Tensor.Type;
            var members = new TensorData[end - first];
            var last = spans[first].End;
            for (var index = first; index < end; index++)
            {
                members[index - first] = spans[index].Tensor;
                places[spans[index].Tensor] = new StoragePlace(pieces.Count, (spans[index].Start - start) / type.ElementByteSize());
                last = Math.Max(last, spans[index].End);
            }

            pieces.Add(new StoragePiece(start, last - start, type, members));
        }

        return new StorageLayout(pieces, places);
    }

    private static bool Joins(in Span first, nint end, in Span next) =>
        first.Tensor.Type == next.Tensor.Type
        && next.Start < end
        && next.Start < next.End
        && (next.Start - first.Start) % first.Tensor.Type.ElementByteSize() == 0;

    /// <summary>What a tensor covers. The order is that of element type, address and then the tree.</summary>
    private readonly struct Span
    {
        public Span(TensorData tensor, int order)
        {
            Tensor = tensor;
            Order = order;
            Start = tensor.Address;
            End = Start + (nint)(tensor.Extent * tensor.Type.ElementByteSize());
        }

        public TensorData Tensor { get; }

        public int Order { get; }

        public nint Start { get; }

        public nint End { get; }

        public static int Compare(in Span left, in Span right)
        {
            var byType = ((int)left.Tensor.Type).CompareTo((int)right.Tensor.Type);
            var byStart = byType != 0 ? byType : left.Start.CompareTo(right.Start);
            return byStart != 0 ? byStart : left.Order.CompareTo(right.Order);
        }
    }
}
