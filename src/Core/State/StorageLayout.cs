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
        var tensors = new List<TensorData>();
        var known = new HashSet<TensorData>(ReferenceEqualityComparer.Instance);
        foreach (var (_, tensor) in state.Tensors())
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
        var spans = tensors.Select((tensor, order) => new Span(tensor, order)).ToList();
        var pieces = new List<(int Order, nint Start, nint End, List<Span> Members)>();
        foreach (var span in spans.OrderBy(span => span.Tensor.Type).ThenBy(span => span.Start).ThenBy(span => span.Order))
        {
            if (pieces.Count > 0 && Joins(pieces[^1], span))
            {
                var last = pieces[^1];
                last.Members.Add(span);
                pieces[^1] = (Math.Min(last.Order, span.Order), last.Start, Math.Max(last.End, span.End), last.Members);
            }
            else
            {
                pieces.Add((span.Order, span.Start, span.End, [span]));
            }
        }

        var ordered = new List<StoragePiece>(pieces.Count);
        var places = new Dictionary<TensorData, StoragePlace>(tensors.Count, ReferenceEqualityComparer.Instance);
        foreach (var (_, start, end, members) in pieces.OrderBy(piece => piece.Order))
        {
            foreach (var member in members)
            {
                places[member.Tensor] = new StoragePlace(ordered.Count, (member.Start - start) / member.Tensor.Type.ElementByteSize());
            }

            ordered.Add(new StoragePiece(start, end - start, members[0].Tensor.Type, [.. members.Select(member => member.Tensor)]));
        }

        return new StorageLayout(ordered, places);
    }

    private static bool Joins((int Order, nint Start, nint End, List<Span> Members) piece, Span span)
    {
        var first = piece.Members[0].Tensor;
        return first.Type == span.Tensor.Type
            && span.Start < piece.End
            && span.Start < span.End
            && (span.Start - piece.Start) % first.Type.ElementByteSize() == 0;
    }

    private readonly record struct Span(TensorData Tensor, int Order)
    {
        public nint Start { get; } = Tensor.Address;

        public nint End => Start + (nint)(Tensor.Extent * Tensor.Type.ElementByteSize());
    }
}
