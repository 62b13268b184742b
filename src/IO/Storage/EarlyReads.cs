using System.Runtime.ExceptionServices;

namespace Fulgurite.IO;

/// <summary>
/// Reads small regions of a file, or only computes their checksums, on other threads while the calling thread still finds out where the
/// next ones are and go, which takes as long as the reading.
/// </summary>
/// <param name="reader">The file.</param>
/// <param name="verify">Whether to compute checksums.</param>
internal sealed class EarlyReads(StorageReader reader, bool verify) : IDisposable
{
    /// <summary>The number of batches from which a thread is worth its start.</summary>
    private const int LeastBatches = 4;

    /// <summary>Guards the fields below. All batches but the last are complete and belong to the threads.</summary>
    private readonly object _gate = new();
    private readonly List<Batch> _batches = [];
    private readonly Stack<FileRead[]> _free = [];
    private readonly List<Thread> _threads = [];
    private Batch _last = new(new FileRead[SmallReads.Batch]);
    private int _next;
    private bool _isComplete;
    private long _helped;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Returns whether regions of a length are read here.</summary>
    public static bool Takes(long length) => length is > 0 and <= SmallReads.Largest;

    /// <summary>Adds a region, whose address is zero if only its checksum is needed. It may be read at once.</summary>
    public void Add(in FileRead read)
    {
        _last.Reads[_last.Count++] = read;
        if (_last.Count == SmallReads.Batch)
        {
            Release();
        }
    }

    /// <summary>Reads what is left, on the calling thread too.</summary>
    /// <returns>The CRC-32 of each region in the order in which they were added, if requested.</returns>
    public uint[] Complete(CancellationToken cancellationToken)
    {
        if (_last.Count > 0)
        {
            Release();
        }

        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }

        Read(cancellationToken);
        Join();
        _failure?.Throw();
        var checksums = new uint[_batches.Sum(batch => batch.Count)];
        var start = 0;
        foreach (var batch in _batches)
        {
            batch.Checksums.AsSpan(0, batch.Count).CopyTo(checksums.AsSpan(start));
            start += batch.Count;
        }

        _batches.Clear();
        _next = 0;
        return checksums;
    }

    /// <summary>Stops the threads. No memory is written afterwards.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isComplete = true;
            _next = _batches.Count;
            Monitor.PulseAll(_gate);
        }

        Join();
    }

    private void Release()
    {
        lock (_gate)
        {
            _batches.Add(_last);
            _last = new Batch(_free.TryPop(out var free) ? free : new FileRead[SmallReads.Batch]);
            Monitor.Pulse(_gate);
        }

        if (_batches.Count >= LeastBatches && _threads.Count < reader.Concurrency - 1)
        {
            var thread = new Thread(Help) { IsBackground = true, Name = "Fulgurite file" };
            _threads.Add(thread);
            thread.UnsafeStart();
        }
    }

    private void Help()
    {
        Read(CancellationToken.None);
        Interlocked.Add(ref _helped, ThreadTime.Own);
    }

    private void Read(CancellationToken cancellationToken)
    {
        try
        {
            using var buffer = new AlignedBuffer();
            while (Take() is { } batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                SmallReads.Read(reader, batch.Reads.AsSpan(0, batch.Count), batch.Checksums, verify, buffer);
                lock (_gate)
                {
                    _free.Push(batch.Reads);
                }
            }
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                // The first failure is the cause, and the rest need not be read.
                _failure ??= ExceptionDispatchInfo.Capture(exception);
                _next = int.MaxValue;
            }
        }
    }

    /// <summary>Returns the next batch, once there is one; null if there are no more.</summary>
    private Batch? Take()
    {
        lock (_gate)
        {
            while (_next == _batches.Count && !_isComplete)
            {
                Monitor.Wait(_gate);
            }

            return _next < _batches.Count ? _batches[_next++] : null;
        }
    }

    private void Join()
    {
        _threads.ForEach(thread => thread.Join());
        _threads.Clear();
        ThreadTime.Join(Interlocked.Exchange(ref _helped, 0));
    }

    private sealed class Batch(FileRead[] reads)
    {
        public FileRead[] Reads { get; } = reads;

        public uint[] Checksums { get; } = new uint[SmallReads.Batch];

        public int Count { get; set; }
    }
}

/// <summary>Reads small regions of a file, many with one call.</summary>
internal static class SmallReads
{
    /// <summary>The maximum length of a small region.</summary>
    public const int Largest = 256 << 10;

    /// <summary>The number of small regions that a thread takes at a time.</summary>
    public const int Batch = 64;

    /// <summary>The maximum gap between small regions that are read together: a header and its padding.</summary>
    private const int MaxGap = 4 << 10;

    /// <summary>Reads regions.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="reads">The regions. Those with the address zero are not stored.</param>
    /// <param name="checksums">Receives the CRC-32 of each region, if requested.</param>
    /// <param name="verify">Whether to compute checksums.</param>
    /// <param name="buffer">A buffer of at least <see cref="Largest"/> bytes.</param>
    public static unsafe void Read(
        StorageReader reader, ReadOnlySpan<FileRead> reads, Span<uint> checksums, bool verify, AlignedBuffer buffer)
    {
        for (var first = 0; first < reads.Length;)
        {
            var end = EndOfRun(reads, first);
            if (end - first > 1 || reads[first].Address == 0)
            {
                ReadTogether(reader, reads[first..end], checksums[first..end], verify, buffer);
            }
            else
            {
                var memory = new Span<byte>((byte*)reads[first].Address, (int)reads[first].Length);
                reader.Read(reads[first].Offset, memory);
                checksums[first] = verify && !reads[first].IsUnchecked ? Crc32.Of(memory) : 0;
            }

            first = end;
        }
    }

    /// <summary>Returns the end of the regions that one read can fetch, starting at a region.</summary>
    private static int EndOfRun(ReadOnlySpan<FileRead> reads, int first)
    {
        var index = first + 1;
        while (index < reads.Length
            && reads[index].Offset + reads[index].Length - reads[first].Offset <= Largest
            && reads[index].Offset - (reads[index - 1].Offset + reads[index - 1].Length) is >= 0 and <= MaxGap)
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// Reads regions with one call into a buffer that stays in the processor cache, and copies each from there, with its checksum in the
    /// same pass: a call for each costs more.
    /// </summary>
    private static unsafe void ReadTogether(
        StorageReader reader, ReadOnlySpan<FileRead> reads, Span<uint> checksums, bool verify, AlignedBuffer buffer)
    {
        var start = reads[0].Offset;
        var bytes = buffer.Bytes[..(int)(reads[^1].Offset + reads[^1].Length - start)];
        reader.Read(start, bytes);
        fixed (byte* source = bytes)
        {
            for (var index = 0; index < reads.Length; index++)
            {
                var read = reads[index];
                var from = source + (read.Offset - start);
                if (read.Address == 0)
                {
                    checksums[index] = Crc32.Of(new ReadOnlySpan<byte>(from, (int)read.Length));
                }
                else if (verify && !read.IsUnchecked)
                {
                    checksums[index] = Crc32Copy.Copy((nint)from, read.Address, (int)read.Length);
                }
                else
                {
                    Buffer.MemoryCopy(from, (void*)read.Address, read.Length, read.Length);
                }
            }
        }
    }
}
