using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The work of one step: cuts the items into chunks, and runs them on libtorch's threads.</summary>
/// <remarks>
/// Chunks depend on the parameters alone, and every element is computed by itself: the number of threads never changes a result.
/// </remarks>
/// <param name="rule">The rule that steps over a chunk.</param>
internal sealed unsafe class FusedWork(FusedRule rule)
{
    /// <summary>The elements of a chunk: enough that claiming one costs nothing, few enough that threads end together.</summary>
    private const int ChunkElements = 1 << 16;

    /// <summary>Up to here one thread is done before another one wakes up, in elements.</summary>
    private const long AloneElements = 1 << 14;

    private readonly List<Chunk> _chunks = [];
    private FusedItem[] _items = [];
    private int _itemCount;
    private double[] _sums = [];
    private bool _isSumming;
    private bool _isChecking;

    // Set by any thread, read after all have ended.
    private volatile bool _isBad;
    private int _nextChunk;
    private long _elements;

    /// <summary>Gets the items of the step.</summary>
    public ReadOnlySpan<FusedItem> Items => _items.AsSpan(0, _itemCount);

    /// <summary>Makes room for a number of items.</summary>
    public void Reserve(int count)
    {
        if (_items.Length < count)
        {
            _items = new FusedItem[count];
        }
    }

    /// <summary>Adds an item.</summary>
    public void Add(in FusedItem item)
    {
        _items[_itemCount++] = item;
        _elements += item.Count;
    }

    /// <summary>Removes all items.</summary>
    public void Clear()
    {
        Array.Clear(_items, 0, _itemCount);
        _chunks.Clear();
        (_itemCount, _elements) = (0, 0);
    }

    /// <summary>Steps over all items.</summary>
    /// <param name="checks">Whether to check the parameters.</param>
    /// <returns>false if a parameter was checked and is not finite.</returns>
    public bool Run(bool checks = false)
    {
        Cut();
        (_isChecking, _isBad) = (checks, false);
        RunOnThreads();
        return !_isBad;
    }

    /// <summary>Computes the sum of the squares of the gradients of all items.</summary>
    public double SumGradientSquares()
    {
        Cut();
        _sums = _sums.Length < _chunks.Count ? new double[_chunks.Count] : _sums;
        _isSumming = true;
        try
        {
            RunOnThreads();
        }
        finally
        {
            _isSumming = false;
        }

        var sum = 0.0;
        for (var index = 0; index < _chunks.Count; index++)
        {
            sum += _sums[index];
        }

        return sum;
    }

    private void RunOnThreads()
    {
        _nextChunk = 0;
        var threads = _elements <= AloneElements ? 1 : Math.Min(get_num_threads(), _chunks.Count);
        if (threads > 1)
        {
            var handle = GCHandle.Alloc(this);
            try
            {
                if (!TorchNative.TryRunParallel(threads, &OnThread, GCHandle.ToIntPtr(handle)))
                {
                    Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunChunks());
                }
            }
            finally
            {
                handle.Free();
            }
        }

        // What is left, if anything.
        RunChunks();
    }

    [UnmanagedCallersOnly]
    private static void OnThread(long begin, long end, nint context)
    {
        for (var part = begin; part < end; part++)
        {
            ((FusedWork)GCHandle.FromIntPtr(context).Target!).RunChunks();
        }
    }

    private void RunChunks()
    {
        for (var number =
            Interlocked.Increment(ref _nextChunk) - 1; number < _chunks.Count; number = Interlocked.Increment(ref _nextChunk) - 1)
        {
            var chunk = _chunks[number];
            if (_isSumming)
            {
                _sums[number] = SumOf(chunk);
                continue;
            }

            for (var index = chunk.First; index < chunk.End; index++)
            {
                ref readonly var item = ref _items[index];
                var count = chunk.Count == 0 ? item.Count : chunk.Count;
                if (item.Rows is { } rows)
                {
                    var (first, length) = ((int)(chunk.Start / rows.RowLength), (int)(count / rows.RowLength));
                    rows.Run(rule, item.Memory, first, length, item.Numbers);
                    if (_isChecking && !rows.AreFinite(item.Memory.Parameter, first, length))
                    {
                        _isBad = true;
                    }

                    continue;
                }

                switch (item.Entry.Type)
                {
                    case ScalarType.Float32:
                        rule.Run<float>(item.Memory, chunk.Start, count, item.Numbers);
                        break;
                    case ScalarType.Float64:
                        rule.Run<double>(item.Memory, chunk.Start, count, item.Numbers);
                        break;
                    default:
                        BFloat16Step.Run(rule, item.Memory, chunk.Start, count, item.Numbers);
                        break;
                }

                // A chunk is small enough that it is still in a cache.
                if (_isChecking && !GradientKernel.AreFinite(item.Entry.Type, item.Memory.Parameter, chunk.Start, count))
                {
                    _isBad = true;
                }
            }
        }

        // Stores past the caches are visible to other threads from here on.
        Thread.MemoryBarrier();
    }

    private double SumOf(in Chunk chunk)
    {
        var sum = 0.0;
        for (var index = chunk.First; index < chunk.End; index++)
        {
            ref readonly var item = ref _items[index];
            var count = chunk.Count == 0 ? item.Count : chunk.Count;
            sum += item.Rows is { } rows
                ? rows.SumOfSquares((int)(chunk.Start / rows.RowLength), (int)(count / rows.RowLength))
                : GradientKernel.SumOfSquares(item.Entry.Type, item.Memory.Gradient, chunk.Start, count);
        }

        return sum;
    }

    /// <summary>Large tensors in several chunks, small ones together in one.</summary>
    private void Cut()
    {
        var first = 0;
        long together = 0;
        for (var index = 0; index < _itemCount; index++)
        {
            ref readonly var item = ref _items[index];
            var count = item.Count;
            if (count < ChunkElements)
            {
                together += count;
                if (together >= ChunkElements)
                {
                    _chunks.Add(new Chunk(first, index + 1, 0, 0));
                    (first, together) = (index + 1, 0);
                }

                continue;
            }

            if (index > first)
            {
                _chunks.Add(new Chunk(first, index, 0, 0));
            }

            // Whole rows of a sparse gradient.
            var part = item.Rows is { RowLength: var row } ? Math.Max(1, ChunkElements / row) * row : ChunkElements;
            for (long start = 0; start < count; start += part)
            {
                _chunks.Add(new Chunk(index, index + 1, start, Math.Min(part, count - start)));
            }

            (first, together) = (index + 1, 0);
        }

        if (_itemCount > first)
        {
            _chunks.Add(new Chunk(first, _itemCount, 0, 0));
        }
    }

    /// <summary>Whole items, or a part of one.</summary>
    private readonly record struct Chunk(int First, int End, long Start, long Count);
}

/// <summary>A parameter to step, with the addresses of its tensors.</summary>
/// <param name="entry">The parameter and its state.</param>
/// <param name="memory">The addresses.</param>
/// <param name="numbers">The index of the numbers of the step.</param>
/// <param name="rows">The rows of its sparse gradient; null for a dense one.</param>
internal readonly struct FusedItem(FusedEntry entry, in FusedMemory memory, int numbers, SparseRows? rows = null)
{
    public readonly FusedEntry Entry = entry;
    public readonly FusedMemory Memory = memory;
    public readonly int Numbers = numbers;
    public readonly SparseRows? Rows = rows;

    /// <summary>Gets the number of elements to step.</summary>
    public long Count => Rows?.ElementCount ?? Entry.Count;
}
