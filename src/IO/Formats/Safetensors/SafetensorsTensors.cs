using System.Text.Json;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Makes the tensors of a state from the entries of a file.</summary>
/// <param name="header">The entries.</param>
/// <param name="regions">The stretch of the file that each entry is.</param>
/// <param name="loader">What gives tensors their memory.</param>
internal sealed class SafetensorsTensors(SafetensorsHeaderReader header, FileRegion[] regions, RegionLoader loader)
{
    private const long MaxRepetition = 1L << 20;

    /// <summary>Which entry is likely to be named next: the tree mostly names them in their order.</summary>
    private int _next;
    private readonly bool[] _isRead = new bool[regions.Length];
    private long[] _lastShape = [];
    private long[] _lastStrides = [];

    /// <summary>The name of the first entry that nothing has asked for; null if there is none.</summary>
    public string? Unread => Array.IndexOf(_isRead, false) is >= 0 and var number ? header.Entries[number].Name : null;

    /// <summary>The name of an entry that a text gives; that of the entry itself, rather than a copy, where it is the next one.</summary>
    public string ReadName(ref Utf8JsonReader json)
    {
        if (_next < regions.Length && json.ValueTextEquals(header.Entries[_next].Name))
        {
            return header.Entries[_next].Name;
        }

        return json.GetString()!;
    }

    /// <summary>An entry as it stands; one of an element type that TorchSharp lacks has no elements.</summary>
    public StateValue Whole(string name, StatePath path)
    {
        var number = Find(name);
        var entry = header.Entries[number];
        if (!SafetensorsType.TryParse(entry.Type, out var type))
        {
            return new UnsupportedTensor(entry.Type, entry.Shape, entry.End - entry.Begin);
        }

        // Entries that look alike share their shape, and their tensors the strides.
        if (!ReferenceEquals(entry.Shape, _lastShape))
        {
            (_lastShape, _lastStrides) = (entry.Shape, RowMajor.Strides(entry.Shape));
        }

        return loader.Place(regions[number], path, type, entry.Shape, _lastStrides, 0);
    }

    /// <summary>A view of an entry, of another type, shape or place.</summary>
    public TensorData View(string name, StatePath path, ScalarType type, long[] shape, long[]? strides, long offset)
    {
        var tensor = loader.Place(regions[Find(name)], path, type, shape, strides ?? RowMajor.Strides(shape), offset);
        return tensor.ElementCount / MaxRepetition > tensor.Extent
            ? throw new FormatException($"the tensor '{name}' of shape [{string.Join(", ", shape)}] repeats {tensor.Extent} elements")
            : tensor;
    }

    private int Find(string name)
    {
        var number = _next < regions.Length && ReferenceEquals(header.Entries[_next].Name, name) ? _next : header.Find(name);
        _next = number + 1;
        if (number < 0)
        {
            throw new FormatException($"the state has a tensor '{name}' and there is no such entry");
        }

        _isRead[number] = true;
        return number;
    }
}

/// <summary>One entry of the tensor section.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type that it is stored as.</param>
/// <param name="Shape">Its shape as stored.</param>
/// <param name="Address">Where its bytes are.</param>
/// <param name="ByteLength">How many there are.</param>
/// <param name="Owner">What keeps them alive.</param>
/// <param name="Checksum">Their CRC-32 where it is known already.</param>
internal readonly record struct StoredTensor(string Name, ScalarType Type, long[] Shape, nint Address, long ByteLength, object Owner, uint? Checksum);

/// <summary>How the tree names a tensor: an entry, and whether the tensor is that entry as it stands or a view of it.</summary>
/// <param name="Name">The name of the entry.</param>
/// <param name="IsView">Whether type, shape, strides and offset are written beside the name.</param>
/// <param name="Offset">Where in the entry the view starts, in elements of its own type.</param>
internal readonly record struct TensorReference(string Name, bool IsView, long Offset)
{
    /// <summary>Whether the entry has no gaps where the tensor has some.</summary>
    public bool IsGathered { get; init; }
}

/// <summary>One entry of the tensor section of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">Where it begins in the data.</param>
/// <param name="End">Where it ends in the data.</param>
internal readonly record struct SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End);
