using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>
/// Maps the tensors of a state to safetensors entries. A tensor with memory of its own becomes an entry of its shape. For tensors that
/// share memory one entry is written, and the tree describes each tensor as a view of it.
/// </summary>
internal sealed class SafetensorsLayout
{
    private readonly StorageLayout _layout;

    /// <summary>The names of tensors with memory of their own, by storage number. Other tensors are looked up individually.</summary>
    private readonly string[] _ownNames;
    private readonly TensorReference[] _ownReferences;
    private readonly Dictionary<TensorData, string> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorData, TensorReference> _references = new(ReferenceEqualityComparer.Instance);

    private readonly HashSet<string> _used;
    private readonly List<StoredTensor> _entries;
    private readonly List<KeyValuePair<string, string>> _aliases = [];
    private long[] _lastShape = [];

    public SafetensorsLayout(TrainingState state)
    {
        _layout = StorageLayout.Of(state);
        var count = _layout.Pieces.Count;
        _ownNames = new string[count];
        _ownReferences = new TensorReference[count];
        _used = new HashSet<string>(count + 1, StringComparer.Ordinal) { "__metadata__" };
        _entries = new List<StoredTensor>(count);
        foreach (var (path, tensor) in state.Tensors())
        {
            Name(tensor, path);
        }

        for (var number = 0; number < count; number++)
        {
            Store(number, _layout.Pieces[number]);
        }

        // Entries have no padding, so each is aligned to its element size only if larger element types come first.
        Entries = _entries.TrueForAll(entry => entry.Type.ElementByteSize() == _entries[0].Type.ElementByteSize())
            ? _entries
            : [.. _entries.OrderByDescending(entry => entry.Type.ElementByteSize())];
    }

    /// <summary>Gets the entries in file order.</summary>
    public IReadOnlyList<StoredTensor> Entries { get; }

    /// <summary>Gets the names of tensors identical to an entry, each with the name of that entry.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Aliases => _aliases;

    /// <summary>Gets the reference to a tensor in the tree.</summary>
    public TensorReference this[TensorData tensor]
    {
        get
        {
            var number = _layout[tensor].Piece;
            return HasOne(number) ? _ownReferences[number] : _references[tensor];
        }
    }

    private bool HasOne(int number) => _layout.Pieces[number].Tensors.Count == 1;

    /// <summary>Names a tensor after its first path.</summary>
    private void Name(TensorData tensor, string path)
    {
        var number = _layout[tensor].Piece;
        if (HasOne(number))
        {
            _ownNames[number] ??= path;
        }
        else
        {
            _names.TryAdd(tensor, path);
        }
    }

    private string NameOf(int number, TensorData tensor) => HasOne(number) ? _ownNames[number] : _names[tensor];

    private void Refer(int number, TensorData tensor, TensorReference reference)
    {
        if (HasOne(number))
        {
            _ownReferences[number] = reference;
        }
        else
        {
            _references[tensor] = reference;
        }
    }

    private void Store(int number, StoragePiece piece)
    {
        var whole = WholeOf(piece);
        if (whole is not null)
        {
            StoreShared(number, piece, NameOf(number, whole), ShapeOf(whole), whole);
        }
        else if (piece.Tensors.Count == 1)
        {
            StoreGathered(number, piece.Tensors[0]);
        }
        else
        {
            StoreShared(
                number, piece, Unused($"{NameOf(number, piece.Tensors[0])}#storage"), [piece.ByteLength / piece.Type.ElementByteSize()],
                null);
        }
    }

    /// <summary>Returns the first tensor that covers the piece contiguously.</summary>
    private static TensorData? WholeOf(StoragePiece piece)
    {
        for (var index = 0; index < piece.Tensors.Count; index++)
        {
            if (piece.Tensors[index].IsContiguous && piece.Tensors[index].ByteLength == piece.ByteLength)
            {
                return piece.Tensors[index];
            }
        }

        return null;
    }

    /// <summary>Returns the shape of a tensor; consecutive tensors of equal shape share the array.</summary>
    private long[] ShapeOf(TensorData tensor) => tensor.Shape.SequenceEqual(_lastShape) ? _lastShape : _lastShape = tensor.Shape.ToArray();

    private void StoreShared(int number, StoragePiece piece, string name, long[] shape, TensorData? whole)
    {
        name = Add(name, piece.Type, shape, piece.Address, piece.ByteLength, piece, piece.Checksum);
        for (var index = 0; index < piece.Tensors.Count; index++)
        {
            var tensor = piece.Tensors[index];
            var isSame = whole is not null && tensor.Shape.SequenceEqual(whole.Shape) && tensor.IsContiguous
                && tensor.ByteLength == piece.ByteLength;
            Refer(
                number, tensor,
                new TensorReference(
                    name, !isSame || SafetensorsType.StoredAs(tensor.Type) != tensor.Type, isSame ? 0 : _layout[tensor].Offset));
            if (isSame && !ReferenceEquals(tensor, whole))
            {
                _aliases.Add(KeyValuePair.Create(NameOf(number, tensor), name));
            }
        }
    }

    /// <summary>Stores a non-contiguous tensor with memory of its own contiguously, so that every reader sees its shape.</summary>
    private void StoreGathered(int number, TensorData tensor)
    {
        var copy = new HostTensorStorage(tensor.ByteLength);
        Gather(tensor, copy, 0);
        var name = Add(NameOf(number, tensor), tensor.Type, tensor.Shape.ToArray(), copy.Address, copy.ByteLength, copy, null);
        Refer(number, tensor, new TensorReference(name, SafetensorsType.StoredAs(tensor.Type) != tensor.Type, 0) { IsGathered = true });
    }

    private static void Gather(TensorData tensor, HostTensorStorage target, long position)
    {
        if (tensor.ByteLength <= int.MaxValue)
        {
            tensor.CopyTo(target.GetWritableBytes(position, (int)tensor.ByteLength));
            return;
        }

        for (var index = 0L; index < tensor.Shape[0]; index++)
        {
            var row = new TensorData(
                tensor.Storage, tensor.Type, tensor.Shape[1..], tensor.Strides[1..], tensor.StorageOffset + (index * tensor.Strides[0]));
            Gather(row, target, position + (index * row.ByteLength));
        }
    }

    private string Add(string name, ScalarType type, long[] shape, nint address, long byteLength, object owner, uint? checksum)
    {
        var stored = SafetensorsType.StoredAs(type);
        if (!_used.Add(name))
        {
            name = Unused(name);
            _used.Add(name);
        }

        _entries.Add(new StoredTensor(name, stored, stored == type ? shape : [.. shape, 2], address, byteLength, owner, checksum));
        return name;
    }

    /// <summary>Returns an unused name: paths may be ambiguous, since keys may contain dots, and some names are reserved.</summary>
    private string Unused(string name)
    {
        var unused = name;
        for (var number = 2; _used.Contains(unused); number++)
        {
            unused = $"{name}#{number.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        }

        return unused;
    }
}

/// <summary>Lays out a state as a safetensors file.</summary>
internal static class SafetensorsWriter
{
    public static FileContent Write(TrainingState state)
    {
        var layout = new SafetensorsLayout(state);
        var header = Header(state, layout);
        var content = new FileContent(layout.Entries.Count + 1);
        header.Content = content;
        content.AddLate(header.Length, header, 0);
        foreach (var entry in layout.Entries)
        {
            header.Add(content.AddMemory(entry.Address, entry.ByteLength, entry.Owner, entry.Checksum));
        }

        return content;
    }

    /// <summary>Returns the header of a file whose checksums are known.</summary>
    public static byte[] Complete(TrainingState state, SafetensorsLayout layout, Func<StoredTensor, uint> checksum)
    {
        var header = Header(state, layout);
        header.Content = new FileContent(0);
        foreach (var entry in layout.Entries)
        {
            header.Add(header.Content.Checksums.Add(entry.ByteLength, checksum(entry)));
        }

        header.Content.Checksums.Start();
        var bytes = new byte[header.Length];
        header.Write(0, 0, bytes);
        return bytes;
    }

    private static SafetensorsHeader Header(TrainingState state, SafetensorsLayout layout)
    {
        var header = new SafetensorsHeader(state, layout);
        if (header.Length > SafetensorsHeaderReader.MaxLength)
        {
            throw new NotSupportedException(
                $"The header would have {header.Length} bytes, and readers accept {SafetensorsHeaderReader.MaxLength} at most. "
                    + "Keep large texts and bytes out of the state, or save it as a torch file.");
        }

        return header;
    }
}
