namespace Fulgurite.IO;

/// <summary>One file in a zip that is being laid out.</summary>
/// <param name="NameStart">Where its name starts among the names of all.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="Offset">Where its local header starts.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Padding">How many bytes its local header has so that the content lies aligned.</param>
/// <param name="HeaderLength">The length of its local header.</param>
internal readonly record struct ZipRecord(int NameStart, int NameLength, long Offset, long Length, int Padding, int HeaderLength)
{
    /// <summary>The number of its checksum, or -1 where <see cref="Crc"/> is known.</summary>
    public int Checksum { get; init; } = -1;

    /// <summary>The CRC-32 of its content, where that is known from the start.</summary>
    public uint Crc { get; init; }
}

/// <summary>One file in a zip.</summary>
/// <param name="NameStart">Where its name starts in the directory.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Crc">The CRC-32 of its content, as the directory has it.</param>
/// <param name="IsDeferred">Whether its sizes and checksum follow the content.</param>
internal readonly record struct ZipEntry(int NameStart, int NameLength, long HeaderOffset, long Length, uint Crc, bool IsDeferred)
{
    /// <summary>The length of its content as stored, in bytes.</summary>
    public long StoredLength { get; init; } = Length;

    /// <summary>Whether its content is compressed (deflate).</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Where its content starts; known once it was located.</summary>
    public long DataOffset { get; init; }

    /// <summary>Where its content can start at the earliest.</summary>
    public long EarliestData => HeaderOffset + ZipLayout.LocalLength + NameLength;
}
