using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>Writes the local header of an entry.</summary>
internal static class ZipLocalHeader
{
    private const int Sizes64 = ZipLayout.FieldHeaderLength + (2 * sizeof(long));

    /// <summary>Returns the length without padding.</summary>
    public static int LeastLength(int nameLength, long length) =>
        ZipLayout.LocalLength + nameLength + (length >= uint.MaxValue ? Sizes64 : 0) + ZipLayout.FieldHeaderLength;

    public static void Write(in ZipRecord entry, ReadOnlySpan<byte> name, uint crc, Span<byte> header)
    {
        var is64 = entry.Length >= uint.MaxValue;
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, ZipLayout.LocalSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], is64 ? ZipLayout.Version64 : ZipLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[12..], ZipLayout.Date);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], is64 ? uint.MaxValue : (uint)entry.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[22..], is64 ? uint.MaxValue : (uint)entry.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[26..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[28..], (ushort)(header.Length - ZipLayout.LocalLength - name.Length));
        name.CopyTo(header[ZipLayout.LocalLength..]);
        header = header[(ZipLayout.LocalLength + name.Length)..];
        if (is64)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header, ZipLayout.Zip64Field);
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 2 * sizeof(long));
            BinaryPrimitives.WriteInt64LittleEndian(header[4..], entry.Length);
            BinaryPrimitives.WriteInt64LittleEndian(header[12..], entry.Length);
            header = header[Sizes64..];
        }

        BinaryPrimitives.WriteUInt16LittleEndian(header, ZipLayout.PaddingField);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)entry.Padding);
        header[ZipLayout.FieldHeaderLength..].Fill((byte)'Z');
    }
}
