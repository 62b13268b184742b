namespace Fulgurite.IO;

/// <summary>The copy operations of a job, split into chunks of similar size to balance the work.</summary>
internal sealed class CopyList
{
    /// <summary>
    /// Large enough to make claiming a chunk cheap, small enough for a fence not to wait long for a chunk of another thread.
    /// </summary>
    public const int ChunkBytes = 1 << 20;

    private readonly CopyPart[] _parts;
    private readonly int[] _chunkEnds;

    /// <summary>Initializes a list.</summary>
    /// <param name="parts">The copies.</param>
    /// <param name="deferred">Copies that come last, in chunks of their own; null for none.</param>
    public CopyList(IEnumerable<CopyPart> parts, IEnumerable<CopyPart>? deferred = null)
    {
        _parts = [.. parts.Where(part => part.ByteLength > 0).SelectMany(Cut)];
        var first = _parts.Length;
        _parts = [.. _parts, .. (deferred ?? []).SelectMany(Cut)];
        var ends = new List<int>();
        var bytes = 0L;
        for (var index = 0; index < _parts.Length; index++)
        {
            bytes += _parts[index].ByteLength;
            if (bytes >= ChunkBytes || index == first - 1 || index == _parts.Length - 1)
            {
                ends.Add(index + 1);
                DeferredChunkCount += index < first ? 0 : 1;
                ByteLength += bytes;
                bytes = 0;
            }
        }

        _chunkEnds = [.. ends];
    }

    public int PartCount => _parts.Length;

    public int ChunkCount => _chunkEnds.Length;

    /// <summary>Gets the number of chunks at the end that hold deferred copies.</summary>
    public int DeferredChunkCount { get; }

    public long ByteLength { get; }

    /// <summary>Returns the number of parts of a memory region.</summary>
    public static int CountParts(long byteLength) => checked((int)((byteLength + ChunkBytes - 1) / ChunkBytes));

    /// <summary>
    /// Returns true if the checksum of a piece is computed while copying. Small pieces are copied before a save returns, and their
    /// checksums are computed when the bytes are gathered for writing, which costs less.
    /// </summary>
    public static bool HasChecksum(long byteLength) => byteLength > CapturePlan.SmallPiece;

    /// <summary>Returns true if another list copies the same bytes to the same offsets.</summary>
    public bool IsLike(CopyList other) => _parts.AsSpan().SequenceEqual(other._parts);

    /// <summary>Copies one chunk.</summary>
    /// <param name="chunk">The index of the chunk.</param>
    /// <param name="block">The start address of the target.</param>
    /// <param name="checksums">Receives the CRC-32 of each part that has one.</param>
    public unsafe void Copy(int chunk, nint block, uint[] checksums)
    {
        for (var index = Start(chunk); index < _chunkEnds[chunk]; index++)
        {
            ref readonly var part = ref _parts[index];
            if (part.HasChecksum)
            {
                checksums[index] = Crc32Copy.Copy(part.Source, block + (nint)part.Target, part.ByteLength);
            }
            else
            {
                Buffer.MemoryCopy((void*)part.Source, (byte*)block + part.Target, part.ByteLength, part.ByteLength);
            }
        }
    }

    /// <summary>Returns true if the block already contains a chunk, bit for bit.</summary>
    public bool IsSame(int chunk, nint block)
    {
        foreach (var part in _parts.AsSpan(Start(chunk).._chunkEnds[chunk]))
        {
            if (!MemoryComparison.AreSame(part.Source, block + (nint)part.Target, part.ByteLength))
            {
                return false;
            }
        }

        return true;
    }

    private int Start(int chunk) => chunk == 0 ? 0 : _chunkEnds[chunk - 1];

    private static IEnumerable<CopyPart> Cut(CopyPart part)
    {
        for (var offset = 0L; offset < part.ByteLength; offset += ChunkBytes)
        {
            var length = Math.Min(ChunkBytes, part.ByteLength - offset);
            yield return part with { Source = part.Source + (nint)offset, Target = part.Target + offset, ByteLength = length };
        }
    }
}

/// <summary>Bytes copied in one operation.</summary>
/// <param name="Source">The source address.</param>
/// <param name="Target">The target offset in the block.</param>
/// <param name="ByteLength">The length in bytes.</param>
/// <param name="HasChecksum">Whether a checksum is computed.</param>
internal readonly record struct CopyPart(nint Source, long Target, long ByteLength, bool HasChecksum);

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
        if (!_isComplete || piece.Changes is not null || !CopyList.HasChecksum(piece.ByteLength)
            || (piece.IsInStep && _isDeferredUnchecked))
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
