namespace Fulgurite.IO.Async.Capture;

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

    public int ChunkCount => _chunkEnds.Length;

    public long ByteLength { get; }

    /// <summary>Copies one chunk.</summary>
    public unsafe void Copy(int chunk, nint block)
    {
        foreach (var part in Parts(chunk))
        {
            Buffer.MemoryCopy((void*)part.Source, (byte*)block + part.Target, part.ByteLength, part.ByteLength);
        }
    }

    /// <summary>Whether one chunk is in the block already, bit for bit.</summary>
    public bool IsSame(int chunk, nint block)
    {
        foreach (var part in Parts(chunk))
        {
            if (!MemoryComparison.AreSame(part.Source, block + (nint)part.Target, part.ByteLength))
            {
                return false;
            }
        }

        return true;
    }

    private ReadOnlySpan<CopyPart> Parts(int chunk) => _parts.AsSpan((chunk == 0 ? 0 : _chunkEnds[chunk - 1]).._chunkEnds[chunk]);

    private static IEnumerable<CopyPart> Cut(CopyPart part)
    {
        for (var offset = 0L; offset < part.ByteLength; offset += ChunkBytes)
        {
            yield return new CopyPart(part.Source + (nint)offset, part.Target + offset, Math.Min(ChunkBytes, part.ByteLength - offset));
        }
    }
}
