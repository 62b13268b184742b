using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace AttentionXml.Data;

/// <summary>
/// Rows of integers, stored consecutively: in a few large arrays while rows are added, or in a mapped file, whose pages the system loads
/// and drops as needed. One object per row, or a single array that grows by copying, would cost more than the words of a million documents.
/// </summary>
internal sealed class RaggedInts
{
    private const int ChunkLength = 1 << 20;

    private readonly List<int[]> _chunks = [];
    private readonly List<(int Chunk, int Start, int Length)> _rows = [];
    private readonly MappedRows? _mapped;
    private int _used;

    public RaggedInts()
    {
    }

    private RaggedInts(MappedRows mapped) => _mapped = mapped;

    public int Count => _mapped?.Count ?? _rows.Count;

    /// <summary>Gets a row, for reading, or for changing in place if it is not mapped.</summary>
    public Span<int> this[int row]
    {
        get
        {
            if (_mapped is not null)
            {
                return _mapped[row];
            }

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

    /// <summary>Writes a file for <see cref="Map"/>: all integers, the end of every row, and the number of rows.</summary>
    public void Write(Stream file)
    {
        var end = 0L;
        var ends = new long[Count + 1];
        for (var row = 0; row < Count; row++)
        {
            file.Write(MemoryMarshal.AsBytes(this[row]));
            ends[row] = end += this[row].Length;
        }

        ends[^1] = Count;
        file.Write(MemoryMarshal.AsBytes(ends.AsSpan()));
    }

    /// <summary>Maps a file of <see cref="Write"/>, which stays open until the process ends.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static RaggedInts Map(string path) => new(new MappedRows(path));

    private sealed unsafe class MappedRows
    {
        private readonly long[] _ends;
        private readonly MemoryMappedFile? _file;
        private readonly MemoryMappedViewAccessor? _view;
        private readonly int* _values;

        public MappedRows(string path)
        {
            using (var file = File.OpenHandle(path))
            {
                var length = RandomAccess.GetLength(file);
                Span<long> count = [-1];
                _ = RandomAccess.Read(file, MemoryMarshal.AsBytes(count), Math.Max(0, length - sizeof(long)));
                if (count[0] < 0 || count[0] > (length / sizeof(long)) - 1)
                {
                    throw new InvalidDataException($"{path} is damaged.");
                }

                _ends = new long[count[0]];
                var values = length - ((count[0] + 1) * sizeof(long));
                _ = RandomAccess.Read(file, MemoryMarshal.AsBytes(_ends.AsSpan()), values);
                if ((_ends.Length == 0 ? 0 : _ends[^1]) * sizeof(int) != values)
                {
                    throw new InvalidDataException($"{path} is damaged.");
                }
            }

            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _values = (int*)start;
        }

        public int Count => _ends.Length;

        public Span<int> this[int row]
        {
            get
            {
                var start = row == 0 ? 0 : _ends[row - 1];
                return new Span<int>(_values + start, (int)(_ends[row] - start));
            }
        }
    }
}
