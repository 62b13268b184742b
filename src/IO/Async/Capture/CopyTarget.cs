
namespace Fulgurite.IO;

/// <summary>Where a list is copied to, and the checksums that come with the copy. Filled by one <see cref="CopyJob"/>.</summary>
/// <param name="list">What is copied.</param>
/// <param name="address">Where the block starts.</param>
internal sealed class CopyTarget(CopyList list, nint address)
{
    private readonly uint[] _checksums = new uint[list.PartCount];
    private volatile bool _isComplete;

    public CopyList List => list;

    /// <summary>Copies one chunk.</summary>
    public void Copy(int chunk) => list.Copy(chunk, address, _checksums);

    /// <summary>Whether one chunk is there already, bit for bit.</summary>
    public bool IsSame(int chunk) => list.IsSame(chunk, address);

    /// <summary>Says that everything was copied.</summary>
    public void Complete() => _isComplete = true;

    /// <summary>The CRC-32 of a piece; null as long as it may not have been copied, and for pieces that are too small for it to be of use.</summary>
    public uint? ChecksumOf(PlannedPiece piece)
    {
        if (!_isComplete || !CopyList.HasChecksum(piece.ByteLength))
        {
            return null;
        }

        var crc = _checksums[piece.FirstPart];
        var left = piece.ByteLength - CopyList.ChunkBytes;
        for (var part = piece.FirstPart + 1; left > 0; part++)
        {
            crc = Crc32.Join(crc, _checksums[part], Math.Min(left, CopyList.ChunkBytes));
            left -= CopyList.ChunkBytes;
        }

        return crc;
    }
}
