namespace Fulgurite.IO.Torch;

/// <summary>One file in a zip.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
/// <param name="DataOffset">Where its content starts.</param>
/// <param name="Length">The length of its content in bytes.</param>
/// <param name="Crc">The CRC-32 of its content, as the directory has it.</param>
internal readonly record struct ZipEntry(string Name, long HeaderOffset, long DataOffset, long Length, uint Crc);
