namespace Fulgurite.IO.Torch;

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
