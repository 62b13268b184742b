using System.Text.Json;

namespace Fulgurite.IO.Safetensors;

/// <summary>Reads the JSON of a header as strictly as the format asks for.</summary>
internal sealed class SafetensorsHeaderReader
{
    /// <summary>How long a header may be, in bytes; the same bound as in other readers.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>How many dimensions a tensor may have; as many as PyTorch allows.</summary>
    private const int MaxDimensions = 64;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<SafetensorsEntry> _entries = [];

    /// <summary>The entries in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>The metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

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
            if (!_names.Add(name))
            {
                throw new FormatException($"two entries have the name '{name}'");
            }

            Expect(ref json, JsonTokenType.StartObject);
            if (name == "__metadata__")
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
            if (!Metadata.TryAdd(name, ReadText(ref json)))
            {
                throw new FormatException($"the metadata has two texts '{name}'");
            }
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader json, string name)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = ReadText(ref json);
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(ref json, JsonTokenType.String);
                    type = ReadText(ref json);
                    break;
                case "shape" when shape is null:
                    shape = ReadSizes(ref json, name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadSizes(ref json, name);
                    break;
                default:
                    throw new FormatException($"the entry '{name}' has a field '{field}' that it should not have");
            }
        }

        return type is not null && shape is not null && offsets is [var begin, var end]
            ? new SafetensorsEntry(name, type, shape, begin, end)
            : throw new FormatException($"the entry '{name}' needs dtype, shape and two data_offsets");
    }

    private static long[] ReadSizes(ref Utf8JsonReader json, string name)
    {
        Expect(ref json, JsonTokenType.StartArray);
        var sizes = new List<long>();
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            if (!json.TryGetInt64(out var size) || size < 0)
            {
                throw new FormatException($"the entry '{name}' has a size or offset that is negative, broken or too large");
            }

            if (sizes.Count == MaxDimensions)
            {
                throw new FormatException($"the entry '{name}' has more than {MaxDimensions} dimensions");
            }

            sizes.Add(size);
        }

        return json.TokenType == JsonTokenType.EndArray ? [.. sizes] : throw new FormatException($"the entry '{name}' has a size that is no number");
    }

    private static string ReadText(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("the header holds a text that is no Unicode", exception);
        }
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type)
        {
            throw new FormatException($"the header has {json.TokenType} where {type} should be (byte {json.TokenStartIndex} of it)");
        }
    }
}
