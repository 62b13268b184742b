namespace Fulgurite.IO.Torch;

/// <summary>An entry of a zip as the directory has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NameLength">The length of its name in bytes.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Crc">The CRC-32 of its content.</param>
/// <param name="IsDeferred">Whether its sizes and checksum follow the content.</param>
internal readonly record struct ListedEntry(string Name, int NameLength, long HeaderOffset, long Length, uint Crc, bool IsDeferred)
{
    /// <summary>Where its content can start at the earliest.</summary>
    public long EarliestData => HeaderOffset + ZipLayout.LocalLength + NameLength;
}
