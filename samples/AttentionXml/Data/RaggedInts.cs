namespace AttentionXml.Data;

/// <summary>
/// Rows of whole numbers, one after the other in a few large arrays: an object a row, or one array that grows by copying,
/// would cost a million documents more than their words do.
/// </summary>
internal sealed class RaggedInts
{
    private const int ChunkLength = 1 << 20;

    private readonly List<int[]> _chunks = [];
    private readonly List<(int Chunk, int Start, int Length)> _rows = [];
    private int _used;

    public int Count => _rows.Count;

    /// <summary>A row, to read or change in place.</summary>
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
        // A row is never split; what is left of a chunk that it does not fit into stays empty.
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
