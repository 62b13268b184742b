using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Reads a safetensors file into a state.</summary>
internal sealed class SafetensorsReader(StorageReader reader, LoadOptions options, CancellationToken cancellationToken)
{
    private const int LengthPrefix = sizeof(long);

    private const int LongestMessage = 2000;

    /// <summary>The number of differing bytes up to which a header start counts as a damaged Fulgurite header.</summary>
    private const int MostDamagedBytes = 4;

    /// <summary>The position in the tree; not left on an error.</summary>
    private readonly StatePath _path = new();

    /// <summary>Reads the file.</summary>
    public TrainingState Read()
    {
        try
        {
            return ReadKnown();
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{reader.Path}' cannot be read: "
                    + $"{(_path.Describe() is { } place ? $"at '{place}', " : string.Empty)}{Shorten(Describe(exception))}.",
                reader.Path, exception)
            {
                Tensor = _path.IsTensor ? _path.Describe() : null,
                Offset = LengthPrefix,
            };
        }
    }

    /// <summary>Returns the message of an exception without the hints that .NET adds for developers.</summary>
    private static string Describe(Exception exception) => exception switch
    {
        JsonException when exception.Message.Contains(
            "maximum configured depth", StringComparison.Ordinal) => $"it is nested more than {StateJson.MaxDepth} levels deep",
        JsonException { BytePositionInLine: { } place, LineNumber: var line } => $"its JSON is invalid (line {line + 1}, byte {place})",
        _ => exception.Message.TrimEnd('.'),
    };

    /// <summary>Truncates a message: names in a file may be megabytes long.</summary>
    private static string Shorten(string message) => message.Length <= LongestMessage ? message : $"{message[..LongestMessage]}...";

    private TrainingState ReadKnown()
    {
        using var pooled = ReadHeader();
        var bytes = pooled.Span;
        var checksums = TakeChecksums(bytes);
        using var header = new SafetensorsHeaderReader(checksums?.Length ?? 0);
        header.Read(bytes[LengthPrefix..]);
        var regions = PlaceEntries(header.Entries, bytes.Length, checksums);
        using var loader = new RegionLoader(reader, options);
        var tensors = new SafetensorsTensors(header, regions, loader);
        var selection = new LoadSelection(options);
        var root = header.HasDescription
            ? ReadDescription(header.Description, tensors, selection)
            : ReadPlain(header, tensors, selection);
        if (selection.IsEverything && tensors.Unread is { } unread)
        {
            throw new FormatException($"it has the entry '{unread}', which its state does not refer to");
        }

        return loader.Load(root, cancellationToken);
    }

    private PooledArray<byte> ReadHeader()
    {
        Span<byte> prefix = stackalloc byte[LengthPrefix];
        if (reader.Length < LengthPrefix)
        {
            throw new FormatException($"it has {reader.Length} bytes, too few for a safetensors file");
        }

        reader.Read(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeaderReader.MaxLength || length > (ulong)(reader.Length - LengthPrefix))
        {
            throw new FormatException(
                $"its header declares {length} bytes; the file has {reader.Length}, and {SafetensorsHeaderReader.MaxLength} is the limit");
        }

        var bytes = new PooledArray<byte>(LengthPrefix + (int)length);
        reader.Read(0, bytes.Span);
        return bytes;
    }

    /// <summary>
    /// Returns the checksums of the entries in order, if this library wrote the file. Another program may have rewritten it with the same
    /// metadata and the entries in another order; such a file has no checksums.
    /// </summary>
    private uint[]? TakeChecksums(Span<byte> bytes)
    {
        var place = LengthPrefix + SafetensorsHeader.Start.Length;
        if (!options.Verify || bytes.Length % SafetensorsHeader.Alignment != 0 || bytes.Length < place + SafetensorsHeader.Digits)
        {
            return null;
        }

        var differences = 0;
        for (var index = 0; index < SafetensorsHeader.Start.Length; index++)
        {
            differences += bytes[LengthPrefix + index] == SafetensorsHeader.Start[index] ? 0 : 1;
        }

        if (differences > MostDamagedBytes)
        {
            return null;
        }

        var digits = bytes.Slice(place, SafetensorsHeader.Digits);
        var expected = ParseDigits(digits);
        digits.Fill((byte)'0');
        var found = Crc32.Of(bytes);
        if (found != expected)
        {
            throw new FormatException(
                $"it is damaged: the checksum of its header is {found:X8} and should be {expected:X8}. Load an older one");
        }

        place += SafetensorsHeader.Digits + SafetensorsHeader.Middle.Length;
        var length = bytes[place..].IndexOf((byte)'\\');
        if (length < 0)
        {
            return null;
        }

        var checksums = new uint[length / SafetensorsHeader.Digits];
        for (var index = 0; index < checksums.Length; index++)
        {
            checksums[index] = ParseDigits(bytes.Slice(place + (index * SafetensorsHeader.Digits), SafetensorsHeader.Digits));
        }

        return checksums;
    }

    private static uint ParseDigits(ReadOnlySpan<byte> digits) =>
        uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException("it is damaged: a checksum in its header is not a number");

    /// <summary>Locates the entries in the file. They must cover the data section without gaps.</summary>
    private FileRegion[] PlaceEntries(IReadOnlyList<SafetensorsEntry> entries, int dataOffset, uint[]? checksums)
    {
        if (checksums is not null && checksums.Length != entries.Count)
        {
            throw new FormatException($"it has {checksums.Length} checksums for {entries.Count} entries");
        }

        var regions = new FileRegion[entries.Count];
        for (var index = 0; index < regions.Length; index++)
        {
            var entry = entries[index];

            // Entries of equal type and shape share the objects, and what was right for one is right for the next.
            var last = index == 0 ? default : entries[index - 1];
            if (!ReferenceEquals(entry.Type, last.Type) || !ReferenceEquals(entry.Shape, last.Shape)
                || entry.End - entry.Begin != last.End - last.Begin)
            {
                ThrowIfWrongLength(entry);
            }

            regions[index] = new FileRegion(dataOffset + entry.Begin, entry.End - entry.Begin, checksums?[index]);
        }

        var end = 0L;
        foreach (var entry in InOrder(entries))
        {
            if (entry.Begin != end)
            {
                throw new FormatException(
                    $"the entry '{entry.Name}' begins at {entry.Begin} of the data and the one before it ends at {end}: "
                        + "entries must neither overlap nor leave gaps");
            }

            end = entry.End;
        }

        return end == reader.Length - dataOffset
            ? regions
            : throw new FormatException(
                $"its entries cover {end} bytes and the data section has {reader.Length - dataOffset}: "
                    + "the file is truncated or has extra data");
    }

    /// <summary>Returns the entries by offset; in most files they are already in that order.</summary>
    private static IEnumerable<SafetensorsEntry> InOrder(IReadOnlyList<SafetensorsEntry> entries)
    {
        for (var index = 1; index < entries.Count; index++)
        {
            if (entries[index].Begin < entries[index - 1].End)
            {
                return entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End);
            }
        }

        return entries;
    }

    private static void ThrowIfWrongLength(in SafetensorsEntry entry)
    {
        if (!SafetensorsType.IsName(entry.Type))
        {
            throw new FormatException($"the entry '{entry.Name}' has the type '{entry.Type}', which is not a valid type name");
        }

        // For an unknown type only the offsets are checked.
        var length = entry.End - entry.Begin;
        if (SafetensorsType.BitSize(entry.Type) is { } bits)
        {
            try
            {
                length = RowMajor.ByteLength(entry.Shape, bits);
            }
            catch (OverflowException exception)
            {
                throw new FormatException(
                    $"the entry '{entry.Name}' of shape [{string.Join(", ", entry.Shape)}] is larger than any memory", exception);
            }
        }

        if (entry.End < entry.Begin || entry.End - entry.Begin != length)
        {
            throw new FormatException(
                $"the entry '{entry.Name}' of type {entry.Type} and shape [{string.Join(", ", entry.Shape)}] needs {length} bytes and has "
                    + $"the offsets {entry.Begin} to {entry.End}");
        }
    }

    private StateMap ReadDescription(ReadOnlySpan<byte> description, SafetensorsTensors tensors, LoadSelection selection)
    {
        try
        {
            return ReadState(description, tensors, selection);
        }
        catch (InvalidOperationException exception)
        {
            // Of the JSON reader: nothing else of a load runs here.
            throw new FormatException("it has a text that is not valid Unicode", exception);
        }
    }

    private StateMap ReadState(ReadOnlySpan<byte> description, SafetensorsTensors tensors, LoadSelection selection)
    {
        var json = new Utf8JsonReader(description, new JsonReaderOptions { MaxDepth = (StateJson.MaxDepth * 3) + 8 });
        StateMap? state = null;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("version"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out var version) || version > SafetensorsHeader.Version)
                {
                    throw new FormatException("it was written by a newer version of Fulgurite. Update the package that reads it");
                }

                continue;
            }

            if (json.ValueTextEquals("state"u8))
            {
                json.Read();
                state = state is not null
                    ? throw new FormatException("its metadata has two states")
                    : new StateJsonReader(tensors, selection, _path).Read(ref json) as StateMap
                        ?? throw new FormatException("its state is not a map");
                continue;
            }

            json.Read();
            json.Skip();
        }

        // Reads on, so that text after the description is an error.
        json.Read();
        return state ?? throw new FormatException("its metadata declares a state, but the file contains none");
    }

    /// <summary>Reads a file of another program: its tensors by name, and its metadata unchanged.</summary>
    private StateMap ReadPlain(SafetensorsHeaderReader header, SafetensorsTensors tensors, LoadSelection selection)
    {
        var root = new StateMap(header.Entries.Count + 1);
        foreach (var entry in InOrder(header.Entries))
        {
            _path.Enter(entry.Name);
            if (selection.Wants(_path.ToString()))
            {
                root.Add(entry.Name, tensors.Whole(entry.Name, _path));
            }

            _path.Leave();
        }

        if (header.Metadata.Count > 0 && selection.Wants(SafetensorsHeaderReader.MetadataName))
        {
            var metadata = new StateMap();
            foreach (var (key, value) in header.Metadata)
            {
                metadata.Add(key, value);
            }

            root.Add(SafetensorsHeaderReader.MetadataName, metadata);
        }

        return root;
    }
}
