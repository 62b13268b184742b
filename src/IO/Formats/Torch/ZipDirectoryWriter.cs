using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>Writes the central directory of a zip and its end records.</summary>
internal static class ZipDirectoryWriter
{
    private static bool Needs64(int count, long directoryOffset, long directoryLength) =>
        count >= ushort.MaxValue || directoryOffset >= uint.MaxValue || directoryLength >= uint.MaxValue;

    /// <summary>Returns the length of the directory including the end records.</summary>
    public static long Length(List<ZipRecord> entries, long directoryOffset)
    {
        var length = entries.Sum(entry => ZipLayout.CentralLength + entry.NameLength + (long)ExtraLength(entry.Offset, entry.Length));
        return length + ZipLayout.EndLength + (
            Needs64(entries.Count, directoryOffset, length) ? ZipLayout.End64Length + ZipLayout.Locator64Length : 0);
    }

    public static byte[] Write(
        List<ZipRecord> entries, ReadOnlySpan<byte> names, Func<ZipRecord, uint> crcOf, long directoryOffset, int totalLength)
    {
        var bytes = new byte[totalLength];
        var rest = bytes.AsSpan();
        foreach (var entry in entries)
        {
            WriteEntry(ref rest, names.Slice(entry.NameStart, entry.NameLength), entry.Offset, entry.Length, crcOf(entry));
        }

        var directoryLength = totalLength - rest.Length;
        if (Needs64(entries.Count, directoryOffset, directoryLength))
        {
            WriteEnd64(ref rest, entries.Count, directoryOffset, directoryLength);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(rest, ZipLayout.EndSignature);
        var count = (ushort)Math.Min(entries.Count, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[8..], count);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[10..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[12..], (uint)Math.Min(directoryLength, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], (uint)Math.Min(directoryOffset, uint.MaxValue));
        return bytes;
    }

    private static int ExtraLength(long offset, long length)
    {
        var fields = (length >= uint.MaxValue ? 2 : 0) + (offset >= uint.MaxValue ? 1 : 0);
        return fields == 0 ? 0 : ZipLayout.FieldHeaderLength + (fields * sizeof(long));
    }

    private static void WriteEntry(ref Span<byte> rest, ReadOnlySpan<byte> name, long offset, long length, uint crc)
    {
        var extraLength = ExtraLength(offset, length);
        BinaryPrimitives.WriteUInt32LittleEndian(rest, ZipLayout.CentralSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[4..], extraLength > 0 ? ZipLayout.Version64 : ZipLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[6..], extraLength > 0 ? ZipLayout.Version64 : ZipLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[14..], ZipLayout.Date);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[20..], (uint)Math.Min(length, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(rest[24..], (uint)Math.Min(length, uint.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(rest[28..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[30..], (ushort)extraLength);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[42..], (uint)Math.Min(offset, uint.MaxValue));
        name.CopyTo(rest[ZipLayout.CentralLength..]);
        rest = rest[(ZipLayout.CentralLength + name.Length)..];
        if (extraLength == 0)
        {
            return;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(rest, ZipLayout.Zip64Field);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], (ushort)(extraLength - ZipLayout.FieldHeaderLength));
        rest = rest[ZipLayout.FieldHeaderLength..];
        if (length >= uint.MaxValue)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, length);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], length);
            rest = rest[16..];
        }

        if (offset >= uint.MaxValue)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, offset);
            rest = rest[8..];
        }
    }

    private static void WriteEnd64(ref Span<byte> rest, long count, long directoryOffset, long directoryLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(rest, ZipLayout.End64Signature);
        BinaryPrimitives.WriteInt64LittleEndian(rest[4..], ZipLayout.End64Length - 12);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[12..], ZipLayout.Version64);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[14..], ZipLayout.Version64);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], count);
        BinaryPrimitives.WriteInt64LittleEndian(rest[32..], count);
        BinaryPrimitives.WriteInt64LittleEndian(rest[40..], directoryLength);
        BinaryPrimitives.WriteInt64LittleEndian(rest[48..], directoryOffset);
        rest = rest[ZipLayout.End64Length..];
        BinaryPrimitives.WriteUInt32LittleEndian(rest, ZipLayout.Locator64Signature);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], directoryOffset + directoryLength);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], 1);
        rest = rest[ZipLayout.Locator64Length..];
    }
}
