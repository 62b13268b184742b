namespace Fulgurite.IO;

/// <summary>What a job copies, cut into chunks of about the same size, so that threads share the work evenly.</summary>
internal sealed class CopyList
{
    /// <summary>Large enough that claiming a chunk costs nothing, small enough that a fence never waits long for one in another thread's hands.</summary>
    public const int ChunkBytes = 1 << 20;

    private readonly CopyPart[] _parts;
    private readonly int[] _chunkEnds;

    public CopyList(IEnumerable<CopyPart> parts)
    {
        _parts = [.. parts.Where(part => part.ByteLength > 0).SelectMany(Cut)];
        var ends = new List<int>();
        var bytes = 0L;
        for (var index = 0; index < _parts.Length; index++)
        {
            bytes += _parts[index].ByteLength;
            if (bytes >= ChunkBytes || index == _parts.Length - 1)
            {
                ends.Add(index + 1);
                ByteLength += bytes;
                bytes = 0;
            }
        }

        _chunkEnds = [.. ends];
    }

    public int PartCount => _parts.Length;

    public int ChunkCount => _chunkEnds.Length;

    public long ByteLength { get; }

    /// <summary>How many parts a piece of memory is cut into.</summary>
    public static int CountParts(long byteLength) => checked((int)((byteLength + ChunkBytes - 1) / ChunkBytes));

    /// <summary>
    /// Whether the checksum of a piece is computed while it is copied. Small ones are copied before a save returns and their bytes gathered when
    /// they are written, which is the better place.
    /// </summary>
    public static bool HasChecksum(long byteLength) => byteLength > CapturePlan.SmallPiece;

    /// <summary>Whether another list copies the same bytes to the same places.</summary>
    public bool IsLike(CopyList other) => _parts.AsSpan().SequenceEqual(other._parts);

    /// <summary>Copies one chunk.</summary>
    /// <param name="chunk">Which.</param>
    /// <param name="block">Where the target starts.</param>
    /// <param name="checksums">Gets the CRC-32 of each part that has one.</param>
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

    /// <summary>Whether one chunk is in the block already, bit for bit.</summary>
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

/// <summary>Bytes that are copied in one go.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Target">Where to, from the start of the block.</param>
/// <param name="ByteLength">How many.</param>
/// <param name="HasChecksum">Whether their checksum is wanted as well.</param>
internal readonly record struct CopyPart(nint Source, long Target, long ByteLength, bool HasChecksum);
