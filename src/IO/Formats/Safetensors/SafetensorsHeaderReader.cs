using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fulgurite.IO;

/// <summary>Reads the JSON of a header as strictly as the format asks for.</summary>
internal sealed class SafetensorsHeaderReader
{
    /// <summary>How long a header may be, in bytes; the same bound as in other readers.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>How many dimensions a tensor may have; as many as PyTorch allows.</summary>
    private const int MaxDimensions = 64;

    /// <summary>The name of the metadata in a header.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>How many sizes an entry may have: no tensor of PyTorch or NumPy has more dimensions.</summary>
    private const int MaxSizes = 64;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<SafetensorsEntry> _entries = [];

    /// <summary>Sizes while they are read, and the type and shape of the last entry: most look like the one before and share them.</summary>
    private readonly List<long> _sizes = new(MaxSizes);
    private string _lastType = string.Empty;
    private long[] _lastShape = [];

    /// <summary>The entries in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>The metadata, but for the tree.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The tree, as JSON; null where the file has none.</summary>
    public ArraySegment<byte>? Description { get; private set; }

    /// <summary>The number of an entry, or -1.</summary>
    public int Find(string name) => _numbers.GetValueOrDefault(name, -1);

    /// <summary>Reads a header.</summary>
    /// <exception cref="FormatException">It breaks a rule of the format.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Read(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw new FormatException("the header does not start with '{'");
        }

        var json = new Utf8JsonReader(header);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadText(ref json);
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
            var name = ReadText(ref json);
            Expect(ref json, JsonTokenType.String);
            if (name == SafetensorsHeader.Key && Description is null)
            {
                Description = ReadBytes(ref json);
            }
            else if (name == SafetensorsHeader.Key || !Metadata.TryAdd(name, ReadText(ref json)))
            {
                throw new FormatException($"the metadata has two texts '{name}'");
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
                type = json.ValueTextEquals(_lastType) ? _lastType : _lastType = ReadText(ref json);
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
                throw new FormatException($"the entry '{name}' has a field '{ReadText(ref json)}' that it should not have");
            }
        }

        return type is not null && shape is not null && offsets is { } place ? new SafetensorsEntry(name, type, shape, place.Begin, place.End) : throw Incomplete(name);
    }

    private static FormatException Incomplete(string name) => new($"the entry '{name}' needs dtype, shape and two data_offsets");

    /// <summary>Sizes; valid until others are read.</summary>
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

        return json.TokenType == JsonTokenType.EndArray ? CollectionsMarshal.AsSpan(_sizes) : throw new FormatException($"the entry '{name}' has a size that is no number");
    }

    private static ArraySegment<byte> ReadBytes(ref Utf8JsonReader json)
    {
        try
        {
            var bytes = new byte[json.ValueSpan.Length];
            return new ArraySegment<byte>(bytes, 0, json.CopyString(bytes));
        }
        catch (InvalidOperationException exception)
        {
            throw NoUnicode(exception);
        }
    }

    private static string ReadText(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw NoUnicode(exception);
        }
    }

    private static FormatException NoUnicode(InvalidOperationException exception) => new("the header holds a text that is no Unicode", exception);

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new FormatException($"the header has {json.TokenType} where {type} should be (byte {json.TokenStartIndex} of it)");
        }
    }
}
