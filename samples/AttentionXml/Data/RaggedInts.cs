namespace AttentionXml.Data;

/// <summary>
/// Rows of integers, stored consecutively in a few large arrays: for a million documents, one object per row, or a single array that grows
/// by copying, would cost more than the words.
/// </summary>
internal sealed class RaggedInts
{
    private const int ChunkLength = 1 << 20;

    private readonly List<int[]> _chunks = [];
    private readonly List<(int Chunk, int Start, int Length)> _rows = [];
    private int _used;

    public int Count => _rows.Count;

    /// <summary>Gets a row, for reading or changing in place.</summary>
    public Span<int> this[int row]
    {
        get
        {
            var (chunk, start, length) = _rows[row];
            return _chunks[chunk].AsSpan(start, length);
        }
    }

    public void Add(ReadOnlySpan<int> row)
    {
        // A row is never split; the rest of a chunk that is too small for it remains empty.
        if (_chunks.Count == 0 || _used + row.Length > _chunks[^1].Length)
        {
            _chunks.Add(new int[Math.Max(ChunkLength, row.Length)]);
            _used = 0;
        }

        row.CopyTo(_chunks[^1].AsSpan(_used));
        _rows.Add((_chunks.Count - 1, _used, row.Length));
        _used += row.Length;
    }
}
