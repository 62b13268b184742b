using System.Text.Json;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Creates the tensors of a state from the entries of a file.</summary>
/// <param name="header">The entries.</param>
/// <param name="regions">The file region of each entry.</param>
/// <param name="loader">The loader that places tensors in memory.</param>
internal sealed class SafetensorsTensors(SafetensorsHeaderReader header, FileRegion[] regions, RegionLoader loader)
{
    private const long MaxRepetition = 1L << 20;

    /// <summary>The index of the expected next entry; the tree usually refers to entries in order.</summary>
    private int _next;
    private readonly bool[] _isRead = new bool[regions.Length];

    /// <summary>The last type and shape; entries of equal ones share the objects.</summary>
    private string? _lastTypeName;
    private ScalarType? _lastType;
    private long[] _lastShape = [];
    private long[] _lastStrides = [];

    /// <summary>Gets the number of entries.</summary>
    public int Count => regions.Length;

    /// <summary>Gets the name of the first entry that was not requested; null if there is none.</summary>
    public string? Unread => Array.IndexOf(_isRead, false) is >= 0 and var number ? header.Entries[number].Name : null;

    /// <summary>Returns the name of the expected next entry if the JSON has that text, which avoids a copy; otherwise, null.</summary>
    public string? TryReadNext(ref Utf8JsonReader json) =>
        _next < regions.Length && json.ValueTextEquals(header.Entries[_next].Name) ? header.Entries[_next].Name : null;

    /// <summary>Returns an entire entry as a tensor; without elements if TorchSharp lacks the element type.</summary>
    public StateValue Whole(string name, StatePath path)
    {
        var number = Find(name);
        var entry = header.Entries[number];
        if (!ReferenceEquals(entry.Type, _lastTypeName))
        {
            _lastTypeName = entry.Type;
            _lastType = SafetensorsType.TryParse(entry.Type, out var known) ? known : null;
        }

        if (_lastType is not { } type)
        {
            return new UnsupportedTensor(entry.Type, entry.Shape, entry.End - entry.Begin);
        }

        // Entries of equal shape share the shape array, and their tensors share the strides.
        if (!ReferenceEquals(entry.Shape, _lastShape))
        {
            (_lastShape, _lastStrides) = (entry.Shape, RowMajor.Strides(entry.Shape));
        }

        return loader.Place(regions[number], path, type, entry.Shape, _lastStrides, 0);
    }

    /// <summary>Returns a view of an entry with its own type, shape, strides and offset.</summary>
    public TensorData View(string name, StatePath path, ScalarType type, long[] shape, long[]? strides, long offset)
    {
        var region = regions[Find(name)];
        try
        {
            var tensor = loader.Place(region, path, type, shape, strides ?? RowMajor.Strides(shape), offset);
            return tensor.ElementCount / MaxRepetition > tensor.Extent
                ? throw new FormatException($"the tensor '{name}' of shape [{string.Join(", ", shape)}] repeats {tensor.Extent} elements")
                : tensor;
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new FormatException(
                $"the tensor '{name}' of shape [{string.Join(", ", shape)}]"
                    + $"{(strides is null ? string.Empty : $", strides [{string.Join(", ", strides)}]")} and offset {offset} does not fit "
                    + $"its entry of {region.ByteLength} bytes",
                exception);
        }
    }

    private int Find(string name)
    {
        var number = _next < regions.Length && ReferenceEquals(header.Entries[_next].Name, name) ? _next : header.Find(name);
        _next = number + 1;
        if (number < 0)
        {
            throw new FormatException($"the state refers to the entry '{name}', which does not exist");
        }

        _isRead[number] = true;
        return number;
    }
}

/// <summary>One entry of the tensor section to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The stored element type.</param>
/// <param name="Shape">The stored shape.</param>
/// <param name="Address">The address of its bytes.</param>
/// <param name="ByteLength">The length in bytes.</param>
/// <param name="Owner">The object that keeps the memory alive.</param>
/// <param name="Checksum">The CRC-32; null if it is not known yet.</param>
internal readonly record struct StoredTensor(
    string Name, ScalarType Type, long[] Shape, nint Address, long ByteLength, object Owner, uint? Checksum);

/// <summary>A reference from the tree to an entry or to a view of an entry.</summary>
/// <param name="Name">The name of the entry.</param>
/// <param name="IsView">Whether type, shape, strides and offset are stored with the name.</param>
/// <param name="Offset">The start of the view in the entry, in elements of its own type.</param>
internal readonly record struct TensorReference(string Name, bool IsView, long Offset)
{
    /// <summary>Gets a value indicating whether the entry is a contiguous copy of a non-contiguous tensor.</summary>
    public bool IsGathered { get; init; }
}

/// <summary>One entry of the tensor section of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">The start offset in the data section.</param>
/// <param name="End">The end offset in the data section.</param>
internal readonly record struct SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End);
