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
