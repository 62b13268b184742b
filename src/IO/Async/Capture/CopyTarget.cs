namespace Fulgurite.IO;

/// <summary>The target of a copy list, with the checksums computed while copying. Filled by one <see cref="CopyJob"/>.</summary>
/// <param name="list">The copy list.</param>
/// <param name="address">The start address of the block.</param>
internal sealed class CopyTarget(CopyList list, nint address)
{
    private readonly uint[] _checksums = new uint[list.PartCount];
    private volatile bool _isComplete;
    private volatile bool _isDeferredUnchecked;

    public CopyList List => list;

    /// <summary>Copies one chunk.</summary>
    public void Copy(int chunk) => list.Copy(chunk, address, _checksums);

    /// <summary>Returns true if the target already contains a chunk, bit for bit.</summary>
    public bool IsSame(int chunk) => list.IsSame(chunk, address);

    /// <summary>Marks the copy as complete.</summary>
    public void Complete() => _isComplete = true;

    /// <summary>Marks the deferred chunks as copied by somebody else, who computed no checksums.</summary>
    public void SkipDeferred() => _isDeferredUnchecked = true;

    /// <summary>Returns the CRC-32 of a piece; null before it is copied, and for pieces without a checksum.</summary>
    public uint? ChecksumOf(PlannedPiece piece)
    {
        if (!_isComplete || !CopyList.HasChecksum(piece.ByteLength) || (piece.IsInStep && _isDeferredUnchecked))
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
