using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fulgurite.IO;

/// <summary>The header of a file of a sharded checkpoint, read without its tensors.</summary>
/// <param name="ByteLength">The length of the file in bytes.</param>
/// <param name="Checksum">The stored checksum of the header. Reading the file verifies it.</param>
/// <param name="Entries">The entries.</param>
internal sealed record PartHeader(long ByteLength, uint Checksum, IReadOnlyList<SafetensorsEntry> Entries)
{
    private const int LengthPrefix = sizeof(long);

    private static readonly byte[] Start = Encoding.ASCII.GetBytes(SafetensorsHeader.Start);
    private static readonly int ChecksumOffset = LengthPrefix + Start.Length;

    /// <summary>Reads a header.</summary>
    /// <exception cref="CheckpointCorruptException">The file is incomplete, or it is not a file of a sharded checkpoint.</exception>
    public static PartHeader Read(StorageReader reader)
    {
        var checksum = ReadChecksum(reader);
        Span<byte> prefix = stackalloc byte[LengthPrefix];
        reader.Read(0, prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 0 || length > SafetensorsHeaderReader.MaxLength || length > reader.Length - LengthPrefix)
        {
            throw Corrupt(reader, $"its header declares {length} bytes");
        }

        try
        {
            using var bytes = new PooledArray<byte>((int)length);
            reader.Read(LengthPrefix, bytes.Span);
            using var header = new SafetensorsHeaderReader(0);
            header.Read(bytes.Span);
            var end = header.Entries.Count == 0 ? 0 : header.Entries.Max(entry => entry.End);
            return LengthPrefix + length + end == reader.Length
                ? new PartHeader(reader.Length, checksum, header.Entries)
                : throw Corrupt(reader, $"its entries need {LengthPrefix + length + end} bytes");
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw Corrupt(reader, exception.Message, exception);
        }
    }

    /// <summary>Makes sure that an open file is the one that an index names.</summary>
    /// <exception cref="CheckpointCorruptException">It has another length or another header.</exception>
    public static void Check(StorageReader reader, ShardFile file)
    {
        if (reader.Length != file.ByteLength)
        {
            throw Corrupt(reader, $"the index expects {file.ByteLength} bytes");
        }

        if (ReadChecksum(reader) is var found && found != file.HeaderChecksum)
        {
            throw Corrupt(reader, $"its header has the checksum {found:x8}, and the index expects {file.HeaderChecksum:x8}");
        }
    }

    private static uint ReadChecksum(StorageReader reader)
    {
        Span<byte> start = stackalloc byte[ChecksumOffset + SafetensorsHeader.Digits];
        if (reader.Length < start.Length)
        {
            throw Corrupt(reader, "it is too short");
        }

        reader.Read(0, start);
        var digits = start[ChecksumOffset..];
        return start[LengthPrefix..ChecksumOffset].SequenceEqual(Start)
            && uint.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var checksum)
                ? checksum
                : throw Corrupt(reader, "it does not start like a file of Fulgurite");
    }

    private static CheckpointCorruptException Corrupt(StorageReader reader, string found, Exception? cause = null) =>
        new($"The part '{reader.Path}' of a checkpoint cannot be read: it has {reader.Length} bytes, and {found}.", reader.Path, cause);
}
