using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The header of a safetensors file: the entries and, under <c>__metadata__</c>, the rest of the tree. Checksums are fixed-length
/// placeholders, filled in after the tensors have been read for writing.
/// </summary>
internal sealed class SafetensorsHeader : IDeferredPart
{
    /// <summary>The alignment of the header length, including the length prefix, so that tensor data starts on a page boundary.</summary>
    public const int Alignment = 4096;

    /// <summary>The metadata key of the tree.</summary>
    public const string Key = "fulgurite";

    /// <summary>The metadata key of the framework name; Hugging Face loaders reject files without it.</summary>
    public const string FormatKey = "format";

    /// <summary>The version of the metadata layout.</summary>
    public const int Version = 1;

    /// <summary>The first bytes of every header written by this class, up to the digits of the header checksum.</summary>
    public const string Start = "{\"__metadata__\":{\"fulgurite\":\"{\\\"version\\\":1,\\\"header\\\":\\\"";

    /// <summary>The text between the checksum of the header and the checksums of the entries.</summary>
    public const string Middle = "\\\",\\\"crc32\\\":\\\"";

    /// <summary>The number of digits of a checksum.</summary>
    public const int Digits = 8;

    private const int LengthPrefix = sizeof(long);

    /// <summary>The estimated size of an entry and its node in the tree, without the name, which occurs three times.</summary>
    private const int BytesPerEntry = 112;
    private const int LeastCapacity = 4096;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = (StateJson.MaxDepth * 3) + 8,
        SkipValidation = true,
    };

    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("dtype");
    private static readonly JsonEncodedText Shape = JsonEncodedText.Encode("shape");
    private static readonly JsonEncodedText Offsets = JsonEncodedText.Encode("data_offsets");

    private readonly ArraySegment<byte> _bytes;
    private readonly List<int> _checksums;
    private bool _isComplete;

    public SafetensorsHeader(TrainingState state, SafetensorsLayout layout)
    {
        _checksums = new List<int>(layout.Entries.Count);
        var output = new ArrayBufferWriter<byte>(
            (int)Math.Min(LeastCapacity + layout.Entries.Sum(entry => BytesPerEntry + (3L * entry.Name.Length)), Array.MaxLength));
        output.Advance(LengthPrefix);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WritePropertyName(Key);
            Describe(json, state, layout);
            json.WriteString(FormatKey, "pt");
            foreach (var (name, entry) in layout.Aliases.Where(alias => alias.Key is not (Key or FormatKey)).DistinctBy(
                alias => alias.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, entry);
            }

            json.WriteEndObject();
            WriteEntries(json, layout);
            json.WriteEndObject();
        }

        var padding = (Alignment - (output.WrittenCount % Alignment)) % Alignment;
        output.GetSpan(padding)[..padding].Fill((byte)' ');
        output.Advance(padding);
        MemoryMarshal.TryGetArray(output.WrittenMemory, out _bytes);
        BitConverter.TryWriteBytes(_bytes, (long)_bytes.Count - LengthPrefix);
    }

    /// <summary>Gets the length in bytes, including the length prefix.</summary>
    public int Length => _bytes.Count;

    /// <summary>Gets or sets the file content that provides the checksums.</summary>
    public FileContent? Content { get; set; }

    /// <summary>Adds the checksum number of the next entry.</summary>
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
        value.TryFormat(_bytes.AsSpan(place, Digits), out _, "x8", CultureInfo.InvariantCulture);

    private static void Describe(Utf8JsonWriter json, TrainingState state, SafetensorsLayout layout)
    {
        var text = new JsonText(json);
        using (var inner = new Utf8JsonWriter(text, Options))
        {
            inner.WriteStartObject();
            inner.WriteNumber("version", Version);
            inner.WriteString("header", Zeros(1));
            inner.WriteString("crc32", Zeros(layout.Entries.Count));
            inner.WritePropertyName("state");
            new StateJsonWriter(inner, layout).Write(state.Root);
            inner.WriteEndObject();
        }

        text.End();
    }

    /// <summary>Returns placeholders for checksums.</summary>
    private static byte[] Zeros(int checksums)
    {
        var digits = new byte[checksums * Digits];
        digits.AsSpan().Fill((byte)'0');
        return digits;
    }

    private static void WriteEntries(Utf8JsonWriter json, SafetensorsLayout layout)
    {
        var offset = 0L;
        foreach (var entry in layout.Entries)
        {
            json.WriteStartObject(entry.Name);
            json.WriteString(Type, SafetensorsType.Name(entry.Type));
            json.WriteStartArray(Shape);
            foreach (var size in entry.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteStartArray(Offsets);
            json.WriteNumberValue(offset);
            offset += entry.ByteLength;
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
