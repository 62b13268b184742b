namespace Fulgurite.IO.Storage;

/// <summary>A stretch of a file that is to be read into memory.</summary>
/// <param name="offset">Where it starts in the file.</param>
/// <param name="address">Where the memory starts.</param>
/// <param name="length">Its length in bytes.</param>
internal sealed class FileRead(long offset, nint address, long length)
{
    public long Offset { get; } = offset;

    public nint Address { get; } = address;

    public long Length { get; } = length;

    /// <summary>The CRC-32 of what was read, if that was asked for; complete when all reads are.</summary>
    public ContentChecksum Checksum { get; } = new(length, new ChecksumGate());
}
