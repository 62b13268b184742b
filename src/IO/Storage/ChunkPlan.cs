namespace Fulgurite.IO;

/// <summary>
/// Splits a content into chunks. Long regions of memory with aligned addresses and file offsets become chunks that are written in place;
/// everything else is gathered in a buffer first.
/// </summary>
internal sealed class ChunkPlan
{
    /// <summary>The buffer size: large enough to keep a disk busy, small enough for gathered data to stay in the processor cache.</summary>
    public const int BufferSize = 1 << 20;

    private const int BodySize = 8 << 20;
    private const int SmallestBody = 256 << 10;

    private readonly FileContent _content;
    private readonly int _alignment;
    private readonly List<Chunk> _chunks = [];

    public ChunkPlan(FileContent content, int alignment, int pieceSize = 0)
    {
        _content = content;
        _alignment = pieceSize > 0 ? pieceSize : alignment;
        GatherSize = pieceSize > 0 ? pieceSize : BufferSize;
        TailStart = Math.Min(content.TailOffset, content.Length) / _alignment * _alignment;
        if (content.TailOffset == long.MaxValue)
        {
            TailStart = content.Length;
        }

        if (pieceSize > 0)
        {
            CutPieces();
        }
        else
        {
            Cut();
        }
    }

    /// <summary>Gets the size of the buffer that holds any gathered chunk.</summary>
    public int GatherSize { get; }

    /// <summary>Gets the offset of the first chunk that depends on all checksums.</summary>
    public long TailStart { get; }

    /// <summary>Gets the chunks in file order.</summary>
    public IReadOnlyList<Chunk> Chunks => _chunks;

    /// <summary>Cuts the file at multiples of the size; a piece within one memory region is written from there.</summary>
    private void CutPieces()
    {
        var part = 0;
        for (var position = 0L; position < _content.Length; position += GatherSize)
        {
            while (_content.Parts[part].End <= position)
            {
                part++;
            }

            var length = (int)Math.Min(GatherSize, _content.Length - position);
            _chunks.Add(
                new Chunk(position, length, part, IsBody: _content.Parts[part].IsMemory && _content.Parts[part].End >= position + length));
        }
    }

    private void Cut()
    {
        var position = 0L;
        for (var part = 0; position < _content.Length;)
        {
            if (_content.Parts[part].End <= position)
            {
                part++;
            }
            else if (BodyStart(_content.Parts[part], position) == position)
            {
                position = CutBody(part, position);
            }
            else
            {
                position = CutGathered(part, position);
            }
        }
    }

    private long CutBody(int part, long position)
    {
        var end = position + ((_content.Parts[part].End - position) / _alignment * _alignment);
        while (position < end)
        {
            var length = (int)Math.Min(end - position, BodySize);
            _chunks.Add(new Chunk(position, length, part, IsBody: true));
            position += length;
        }

        return position;
    }

    private long CutGathered(int part, long position)
    {
        var end = Math.Min(position + BufferSize, _content.Length);
        if (position < TailStart)
        {
            end = Math.Min(end, TailStart);
        }

        for (var next = part; next < _content.Parts.Count && _content.Parts[next].Offset < end; next++)
        {
            var start = BodyStart(_content.Parts[next], position);
            if (start > position && start < end)
            {
                end = start;
                break;
            }
        }

        _chunks.Add(new Chunk(position, (int)(end - position), part, IsBody: false));
        return end;
    }

    /// <summary>Returns the file offset from which the rest of a part can be written directly from its memory, or -1.</summary>
    private long BodyStart(ContentPart part, long position)
    {
        if (part.Address == 0)
        {
            return -1;
        }

        var start = (Math.Max(part.Offset, position) + _alignment - 1) / _alignment * _alignment;
        var isAligned = (part.Address + (nint)(start - part.Offset)) % _alignment == 0;
        return isAligned && part.End - start >= SmallestBody ? start : -1;
    }
}
