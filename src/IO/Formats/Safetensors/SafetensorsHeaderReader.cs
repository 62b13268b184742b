using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fulgurite.IO;

/// <summary>Parses the JSON header of a safetensors file strictly.</summary>
/// <param name="entries">The expected number of entries; zero if unknown.</param>
internal sealed class SafetensorsHeaderReader(int entries) : IDisposable
{
    /// <summary>The maximum header length in bytes; other readers use the same limit.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The maximum number of dimensions of a tensor, as in PyTorch.</summary>
    private const int MaxDimensions = 64;

    /// <summary>The name of the metadata object in a header.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>The maximum number of sizes of an entry; PyTorch and NumPy do not support more dimensions.</summary>
    private const int MaxSizes = 64;

    private readonly Dictionary<string, int> _numbers = new(entries + 1, StringComparer.Ordinal);
    private readonly List<SafetensorsEntry> _entries = new(entries);

    /// <summary>Sizes being read, and the type and shape of the last entry, shared by consecutive entries that are equal.</summary>
    private readonly List<long> _sizes = new(MaxSizes);
    private string _lastType = string.Empty;
    private long[] _lastShape = [];
    private PooledArray<byte>? _description;
    private int _descriptionLength;

    /// <summary>Gets the entries in header order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>Gets the metadata without the tree.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets a value indicating whether the file has a tree.</summary>
    public bool HasDescription => _description is not null;

    /// <summary>Gets the JSON of the tree; empty if the file has none.</summary>
    public ReadOnlySpan<byte> Description => _description is null ? [] : _description.Span[.._descriptionLength];

    /// <summary>Returns the index of an entry, or -1 if it does not exist.</summary>
    public int Find(string name) => _numbers.GetValueOrDefault(name, -1);

    /// <summary>Parses a header.</summary>
    /// <exception cref="FormatException">The header violates the format.</exception>
    /// <exception cref="JsonException">The header is not valid JSON.</exception>
    public void Read(ReadOnlySpan<byte> header)
    {
        try
        {
            ReadEntries(header);
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("the header contains a string that is not valid Unicode", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _description?.Dispose();

    private void ReadEntries(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw new FormatException("the header does not start with '{'");
        }

        var json = new Utf8JsonReader(header);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            var isMetadata = name == MetadataName;
            if (!_numbers.TryAdd(name, isMetadata ? -1 : _entries.Count))
            {
                throw new FormatException($"two entries have the name '{name}'");
            }

            Expect(ref json, JsonTokenType.StartObject);
            if (isMetadata)
            {
                ReadMetadata(ref json);
            }
            else
            {
                _entries.Add(ReadEntry(ref json, name));
            }
        }

        if (json.Read())
        {
            throw new FormatException("something follows the header");
        }
    }

    private void ReadMetadata(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            Expect(ref json, JsonTokenType.String);
            if (name == SafetensorsHeader.Key && _description is null)
            {
                ReadDescription(ref json);
            }
            else if (name == SafetensorsHeader.Key || !Metadata.TryAdd(name, json.GetString()!))
            {
                throw new FormatException($"the metadata has two values '{name}'");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader json, string name)
    {
        string? type = null;
        long[]? shape = null;
        (long Begin, long End)? offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (type is null && json.ValueTextEquals("dtype"u8))
            {
                Expect(ref json, JsonTokenType.String);
                type = json.ValueTextEquals(_lastType) ? _lastType : _lastType = json.GetString()!;
            }
            else if (shape is null && json.ValueTextEquals("shape"u8))
            {
                var sizes = ReadSizes(ref json, name);
                shape = sizes.SequenceEqual(_lastShape) ? _lastShape : _lastShape = sizes.ToArray();
            }
            else if (offsets is null && json.ValueTextEquals("data_offsets"u8))
            {
                offsets = ReadSizes(ref json, name) is [var begin, var end] ? (begin, end) : throw Incomplete(name);
            }
            else
            {
                throw new FormatException($"the entry '{name}' has a field '{json.GetString()!}' that is not allowed");
            }
        }

        return type is not null && shape is not null && offsets is { } place
            ? new SafetensorsEntry(name, type, shape, place.Begin, place.End)
            : throw Incomplete(name);
    }

    private static FormatException Incomplete(string name) => new($"the entry '{name}' needs dtype, shape and two data_offsets");

    /// <summary>Reads an array of integers; valid until the next call.</summary>
    private ReadOnlySpan<long> ReadSizes(ref Utf8JsonReader json, string name)
    {
        Expect(ref json, JsonTokenType.StartArray);
        _sizes.Clear();
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            if (!json.TryGetInt64(out var size) || size < 0 || json.ValueSpan[0] == (byte)'-')
            {
                throw new FormatException($"the entry '{name}' has a size or offset that is negative, broken or too large");
            }

            if (_sizes.Count == MaxSizes)
            {
                throw new FormatException($"the entry '{name}' has more than {MaxSizes} sizes");
            }

            _sizes.Add(size);
        }

        return json.TokenType == JsonTokenType.EndArray
            ? CollectionsMarshal.AsSpan(_sizes)
            : throw new FormatException($"the entry '{name}' has a size that is not a number");
    }

    private void ReadDescription(ref Utf8JsonReader json)
    {
        _description = new PooledArray<byte>(json.ValueSpan.Length);
        _descriptionLength = json.CopyString(_description.Span);
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new FormatException($"the header has {json.TokenType} where {type} is expected (byte {json.TokenStartIndex} of it)");
        }
    }
}
