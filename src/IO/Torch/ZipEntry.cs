namespace Fulgurite.IO.Torch;

/// <summary>One file in a zip.</summary>
/// <param name="NameStart">Where its name starts in the directory.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Crc">The CRC-32 of its content, as the directory has it.</param>
/// <param name="IsDeferred">Whether its sizes and checksum follow the content.</param>
internal readonly record struct ZipEntry(int NameStart, int NameLength, long HeaderOffset, long Length, uint Crc, bool IsDeferred)
{
    /// <summary>Where its content starts; known once it was located.</summary>
    public long DataOffset { get; init; }

    /// <summary>Where its content can start at the earliest.</summary>
    public long EarliestData => HeaderOffset + ZipLayout.LocalLength + NameLength;
}
