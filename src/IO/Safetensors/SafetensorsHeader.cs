using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fulgurite.IO.Integrity;
using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Safetensors;

/// <summary>
/// The header of a safetensors file: the entries, and under <c>__metadata__</c> the rest of the tree. Checksums have places of fixed
/// length in it, which are filled in when the tensors were read for writing.
/// </summary>
internal sealed class SafetensorsHeader : ILateBytes
{
    /// <summary>What our headers are a multiple of with their length before them, so that data starts on a page.</summary>
    public const int Alignment = 4096;

    /// <summary>The key in the metadata that the tree stands under.</summary>
    public const string Key = "fulgurite";

    /// <summary>The key in the metadata under which loaders of Hugging Face look for whose tensors these are, and refuse a file without it.</summary>
    public const string FormatKey = "format";

    /// <summary>How every header written here starts; the digits of its checksum follow.</summary>
    public const string Start = "{\"__metadata__\":{\"fulgurite\":\"{\\\"version\\\":1,\\\"header\\\":\\\"";

    /// <summary>What stands between the checksum of the header and those of the entries.</summary>
    public const string Middle = "\\\",\\\"crc32\\\":\\\"";

    /// <summary>How many digits a checksum has.</summary>
    public const int Digits = 8;

    private const int LengthPrefix = sizeof(long);

    private readonly byte[] _bytes;
    private readonly List<int> _checksums = [];
    private bool _isComplete;

    public SafetensorsHeader(TrainingState state, SafetensorsLayout layout)
    {
        var output = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = (StateJson.MaxDepth * 3) + 8 };
        using (var json = new Utf8JsonWriter(output, options))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString(Key, Describe(state, layout, options).Span);
            json.WriteString(FormatKey, "pt");
            foreach (var (name, entry) in layout.Aliases.Where(alias => alias.Key is not (Key or FormatKey)).DistinctBy(alias => alias.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, entry);
            }

            json.WriteEndObject();
            WriteEntries(json, layout);
            json.WriteEndObject();
        }

        var padded = (LengthPrefix + output.WrittenCount + Alignment - 1) / Alignment * Alignment;
        _bytes = new byte[padded];
        BitConverter.TryWriteBytes(_bytes, (long)padded - LengthPrefix);
        output.WrittenSpan.CopyTo(_bytes.AsSpan(LengthPrefix));
        _bytes.AsSpan(LengthPrefix + output.WrittenCount).Fill((byte)' ');
    }

    /// <summary>Its length, that of the number before it included, in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The file that the checksums are asked of.</summary>
    public FileContent? Content { get; set; }

    /// <summary>Adds the number of the checksum of the next entry.</summary>
    public void Add(int checksum) => _checksums.Add(checksum);

    /// <inheritdoc/>
    public void Write(int part, int start, Span<byte> destination)
    {
        lock (_checksums)
        {
            if (!_isComplete)
            {
                Complete();
                _isComplete = true;
            }
        }

        _bytes.AsSpan(start, destination.Length).CopyTo(destination);
    }

    private void Complete()
    {
        var place = LengthPrefix + Start.Length + Digits + Middle.Length;
        foreach (var checksum in _checksums)
        {
            WriteDigits(place, Content!.GetChecksum(checksum));
            place += Digits;
        }

        WriteDigits(LengthPrefix + Start.Length, Crc32.Of(_bytes));
    }

    private void WriteDigits(int place, uint value) =>
        Encoding.ASCII.GetBytes(value.ToString("x8", CultureInfo.InvariantCulture), _bytes.AsSpan(place, Digits));

    private static ReadOnlyMemory<byte> Describe(TrainingState state, SafetensorsLayout layout, JsonWriterOptions options)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, options);
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("header", new string('0', Digits));
        json.WriteString("crc32", new string('0', layout.Entries.Count * Digits));
        json.WritePropertyName("state");
        new StateJsonWriter(json, layout).Write(state.Root);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }

    private static void WriteEntries(Utf8JsonWriter json, SafetensorsLayout layout)
    {
        var offset = 0L;
        foreach (var entry in layout.Entries)
        {
            json.WriteStartObject(entry.Name);
            json.WriteString("dtype", SafetensorsType.Name(entry.Type));
            json.WriteStartArray("shape");
            Array.ForEach(entry.Shape, json.WriteNumberValue);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset += entry.ByteLength;
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
