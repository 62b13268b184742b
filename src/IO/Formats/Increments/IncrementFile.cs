using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fulgurite.IO;

/// <summary>
/// The first page of an increment: a safetensors file with the header of a complete file, the bytes of its data that differ from a base,
/// and a table that assembles both. The base is a file of the folder <see cref="Folder"/> next to the increment.
/// </summary>
internal sealed partial class IncrementFile
{
    /// <summary>The folder of the files that increments are based on, next to the checkpoints.</summary>
    public const string Folder = "chain";

    /// <summary>The length of the first page, with the length prefix.</summary>
    public const int PageSize = SafetensorsHeader.Alignment;

    private const int LengthPrefix = sizeof(long);
    private const int Version = 2;
    private const int Entries = 3;

    /// <summary>The start of the page, up to the digits of its checksum. Older readers find a newer version and refuse the file.</summary>
    private const string Start = "{\"__metadata__\":{\"fulgurite\":\"{\\\"version\\\":2,\\\"header\\\":\\\"";

    private IncrementFile(
        byte[] page, string baseName, string baseDigest, int position, IReadOnlyList<SafetensorsEntry> entries, uint[] crcs)
    {
        (BaseName, BaseDigest, Position, Digest) = (baseName, baseDigest, position, DigestOf(page));
        Extents = RegionOf(entries[0], crcs[0]);
        Header = RegionOf(entries[1], crcs[1]);
        Data = RegionOf(entries[2], crcs[2]);
    }

    /// <summary>Gets the file name of the base.</summary>
    public string BaseName { get; }

    /// <summary>Gets the digest of the base.</summary>
    public string BaseDigest { get; }

    /// <summary>Gets the number of files before this one in its chain, at least 1.</summary>
    public int Position { get; }

    /// <summary>Gets the digest of this file.</summary>
    public string Digest { get; }

    /// <summary>Gets the region of the table: a length and a source per extent.</summary>
    public FileRegion Extents { get; }

    /// <summary>Gets the region of the header of the complete file.</summary>
    public FileRegion Header { get; }

    /// <summary>Gets the region of the changed bytes.</summary>
    public FileRegion Data { get; }

    /// <summary>
    /// Returns the digest that identifies a file: the SHA-256 of its first bytes up to its data, which hold the checksums of the data.
    /// </summary>
    public static string DigestOf(ReadOnlySpan<byte> header) => Convert.ToHexStringLower(SHA256.HashData(header));

    /// <summary>Returns true if a name is the name of a file in the folder of a chain.</summary>
    public static bool IsPartName(string name) => PartName().IsMatch(name);

    /// <summary>Returns true if a path is that of a file in the folder of a chain.</summary>
    public static bool IsPart(string path) =>
        IsPartName(Path.GetFileName(path))
        && string.Equals(Path.GetFileName(Path.GetDirectoryName(path)), Folder, StringComparison.Ordinal);

    /// <summary>Returns the path of a base, from the path of a checkpoint or of another file of its chain.</summary>
    public static string PathOf(string path, string name)
    {
        var folder = path[..(path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)];
        var parent = folder.TrimEnd('/', Path.DirectorySeparatorChar);
        return string.Equals(parent[(parent.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)..], Folder, StringComparison.Ordinal)
            ? folder + name
            : $"{folder}{Folder}/{name}";
    }

    /// <summary>Reads the first page of a file; returns null if the file is not an increment.</summary>
    /// <exception cref="CheckpointCorruptException">The page is damaged.</exception>
    public static IncrementFile? TryRead(StorageReader reader)
    {
        if (reader.Length < PageSize)
        {
            return null;
        }

        var page = new byte[PageSize];
        reader.Read(0, page.AsSpan(0, LengthPrefix));
        if (BitConverter.ToInt64(page) != PageSize - LengthPrefix)
        {
            return null;
        }

        reader.Read(LengthPrefix, page.AsSpan(LengthPrefix));
        if (!page.AsSpan(LengthPrefix).StartsWith(Encoding.ASCII.GetBytes(Start)))
        {
            return null;
        }

        try
        {
            return Parse(page, reader.Length);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or OverflowException
            or KeyNotFoundException)
        {
            throw Corrupt(reader.Path, exception.Message.TrimEnd('.'), exception);
        }
    }

    /// <summary>Reads a region and compares its checksum.</summary>
    public static byte[] ReadWhole(StorageReader reader, FileRegion region, string name)
    {
        var bytes = new byte[region.ByteLength];
        reader.Read(region.Offset, bytes);
        return Crc32.Of(bytes) == region.Crc ? bytes : throw Corrupt(reader.Path, $"its '{name}' is damaged");
    }

    public static CheckpointCorruptException Corrupt(string path, string found, Exception? cause = null) =>
        new($"The increment '{path}' cannot be read: {found}. Load an older one.", path, cause);

    /// <summary>Returns the page of an increment, with zeros for checksums.</summary>
    public static byte[] Format(string baseName, string baseDigest, int position, int extents, int headerLength, long dataLength)
    {
        var (first, second) = (16L * extents, (16L * extents) + headerLength);
        var zeros = new string('0', Entries * SafetensorsHeader.Digits);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""
            {{{Start}}}{{{zeros[..SafetensorsHeader.Digits]}}}{{{SafetensorsHeader.Middle}}}{{{zeros}}}\",\"increment\":{\"base\":\"{{{baseName}}}\",\"sha256\":\"{{{baseDigest}}}\",\"position\":{{{position}}}}}","format":"pt"},"extents":{"dtype":"I64","shape":[{{{extents}}},2],"data_offsets":[0,{{{first}}}]},"header":{"dtype":"U8","shape":[{{{headerLength}}}],"data_offsets":[{{{first}}},{{{second}}}]},"data":{"dtype":"U8","shape":[{{{dataLength}}}],"data_offsets":[{{{second}}},{{{second + dataLength}}}]}}
            """);
        var page = new byte[PageSize];
        page.AsSpan().Fill((byte)' ');
        BitConverter.TryWriteBytes(page, (long)PageSize - LengthPrefix);
        Encoding.ASCII.GetBytes(text, page.AsSpan(LengthPrefix));
        return page;
    }

    /// <summary>Writes the checksums of the three entries, then that of the page.</summary>
    public static void Complete(byte[] page, ReadOnlySpan<uint> checksums)
    {
        var place = LengthPrefix + Start.Length;
        for (var index = 0; index < checksums.Length; index++)
        {
            var digits = SafetensorsHeader.Digits * (index + 1);
            WriteDigits(page, place + SafetensorsHeader.Middle.Length + digits, checksums[index]);
        }

        WriteDigits(page, place, Crc32.Of(page));
    }

    private static IncrementFile Parse(byte[] page, long fileLength)
    {
        var zeroed = page.ToArray();
        var digits = zeroed.AsSpan(LengthPrefix + Start.Length, SafetensorsHeader.Digits);
        var expected = uint.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        digits.Fill((byte)'0');
        if (Crc32.Of(zeroed) != expected)
        {
            throw new FormatException("its first page is damaged");
        }

        using var header = new SafetensorsHeaderReader(Entries);
        header.Read(page.AsSpan(LengthPrefix));
        using var description = JsonDocument.Parse(header.Description.ToArray());
        var increment = description.RootElement.GetProperty("increment");
        var crcs = description.RootElement.GetProperty("crc32").GetString()!;
        var (name, position) = (increment.GetProperty("base").GetString()!, increment.GetProperty("position").GetInt32());
        var entries = header.Entries;
        if (entries is not [{ Name: "extents", Begin: 0, Type: "I64" }, { Name: "header", Type: "U8" }, { Name: "data", Type: "U8" }]
            || entries[0].End != entries[1].Begin || entries[1].End != entries[2].Begin || entries[0].End % 16 != 0
            || entries[1].End < entries[1].Begin || entries[2].End != fileLength - PageSize || entries[2].End < entries[2].Begin)
        {
            throw new FormatException("the file is truncated or has extra data, or its entries are not those of an increment");
        }

        return position > 0 && IsPartName(name) && crcs.Length == Entries * SafetensorsHeader.Digits
            ? new IncrementFile(page, name, increment.GetProperty("sha256").GetString()!, position, entries, Checksums(crcs))
            : throw new FormatException($"its base '{name}' at position {position} is not a file of a chain");
    }

    private static uint[] Checksums(string digits) => [.. Enumerable.Range(0, Entries).Select(index => uint.Parse(
        digits.AsSpan(index * SafetensorsHeader.Digits, SafetensorsHeader.Digits), NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture))];

    private static FileRegion RegionOf(in SafetensorsEntry entry, uint crc) =>
        new(PageSize + entry.Begin, entry.End - entry.Begin, crc);

    private static void WriteDigits(byte[] page, int place, uint value) =>
        value.TryFormat(page.AsSpan(place, SafetensorsHeader.Digits), out _, "x8", CultureInfo.InvariantCulture);

    [GeneratedRegex("^[0-9a-f]{16}-[0-9]{1,9}\\.safetensors$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartName();
}
