using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>One entry of a zip that is being laid out.</summary>
/// <param name="NameStart">The start of its name in the name buffer.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="Offset">The offset of its local header.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Padding">The padding of its local header in bytes, which aligns the content.</param>
/// <param name="HeaderLength">The length of its local header.</param>
internal readonly record struct ZipRecord(int NameStart, int NameLength, long Offset, long Length, int Padding, int HeaderLength)
{
    /// <summary>Gets the number of its checksum, or -1 if <see cref="Crc"/> is known.</summary>
    public int Checksum { get; init; } = -1;

    /// <summary>Gets the CRC-32 of its content, if it is known in advance.</summary>
    public uint Crc { get; init; }
}

/// <summary>One entry of a zip.</summary>
/// <param name="NameStart">The start of its name in the directory.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="HeaderOffset">The offset of its local header.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Crc">The CRC-32 of its content according to the directory.</param>
/// <param name="IsDeferred">Whether its sizes and checksum follow the content.</param>
internal readonly record struct ZipEntry(int NameStart, int NameLength, long HeaderOffset, long Length, uint Crc, bool IsDeferred)
{
    /// <summary>Gets the length of its content as stored, in bytes.</summary>
    public long StoredLength { get; init; } = Length;

    /// <summary>Gets a value indicating whether its content is compressed (deflate).</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Gets the offset of its content; set by <see cref="ZipLocator"/>.</summary>
    public long DataOffset { get; init; }

    /// <summary>Gets the lowest possible offset of its content.</summary>
    public long EarliestData => HeaderOffset + ZipLayout.LocalLength + NameLength;
}

/// <summary>Constants of the zip format, and the values common to all files written here.</summary>
internal static class ZipLayout
{
    /// <summary>The method of compressed entries.</summary>
    public const ushort Deflate = 8;

    public const uint LocalSignature = 0x04034B50;
    public const uint CentralSignature = 0x02014B50;
    public const uint EndSignature = 0x06054B50;
    public const uint End64Signature = 0x06064B50;
    public const uint Locator64Signature = 0x07064B50;

    public const int LocalLength = 30;
    public const int CentralLength = 46;
    public const int EndLength = 22;
    public const int End64Length = 56;
    public const int Locator64Length = 20;
    public const int MaxCommentLength = ushort.MaxValue;

    /// <summary>The extra field for sizes and offsets above 4 GiB.</summary>
    public const ushort Zip64Field = 0x0001;

    /// <summary>The extra field that PyTorch uses to pad headers for alignment.</summary>
    public const ushort PaddingField = 0x4246;

    public const int FieldHeaderLength = 4;

    public const ushort Version = 20;
    public const ushort Version64 = 45;

    /// <summary>The first date of the format; a constant date makes files reproducible.</summary>
    public const ushort Date = 0x0021;
}

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
