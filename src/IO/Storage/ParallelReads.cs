using System.Runtime.ExceptionServices;

namespace Fulgurite.IO;

/// <summary>Reads many regions of a file concurrently and computes checksums while the data is in the cache.</summary>
internal sealed class ParallelReads
{
    private readonly StorageReader _reader;
    private readonly PooledArray<FileRead> _reads;
    private readonly uint[] _checksums;
    private readonly bool _verify;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(int First, int Count, long Start)> _work = [];
    private long _byteLength;
    private int _next = -1;
    private volatile bool _failed;

    private ParallelReads(StorageReader reader, PooledArray<FileRead> reads, bool verify, CancellationToken cancellationToken)
    {
        _reader = reader;
        _reads = reads;
        _checksums = new uint[reads.Span.Length];
        _verify = verify;
        _cancellationToken = cancellationToken;
        Divide();
    }

    /// <summary>Reads all regions.</summary>
    /// <returns>The CRC-32 of each region, if requested.</returns>
    public static uint[] Run(StorageReader reader, PooledArray<FileRead> reads, bool verify, CancellationToken cancellationToken)
    {
        var work = new ParallelReads(reader, reads, verify, cancellationToken);
        var threads = (int)Math.Min(reader.Concurrency, (work._byteLength / reader.PieceSize) + 1);
        if (threads <= 1)
        {
            work.ReadUntilNoneIsLeft();
        }
        else
        {
            ParallelThreads.Run(threads, work.ReadUntilNoneIsLeft, () => work._failed = true);
        }

        return work._checksums;
    }

    private void Divide()
    {
        var reads = _reads.Span;
        for (var index = 0; index < reads.Length;)
        {
            if (reads[index].Length > SmallReads.Largest)
            {
                _byteLength += reads[index].Length;
                for (var start = 0L; start < reads[index].Length; start += PieceAt(reads[index], start))
                {
                    _work.Add((index, 1, start));
                }

                index++;
                continue;
            }

            var first = index;
            while (index < reads.Length && index - first < SmallReads.Batch && reads[index].Length <= SmallReads.Largest)
            {
                _byteLength += reads[index].Length;
                index++;
            }

            _work.Add((first, index - first, 0));
        }
    }

    private void ReadUntilNoneIsLeft()
    {
        using var buffer = new AlignedBuffer();
        for (var index = Interlocked.Increment(ref _next); index < _work.Count && !_failed; index = Interlocked.Increment(ref _next))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var (first, count, start) = _work[index];
            if (_reads.Span[first].Length <= SmallReads.Largest)
            {
                SmallReads.Read(_reader, _reads.Span.Slice(first, count), _checksums.AsSpan(first, count), _verify, buffer);
            }
            else
            {
                Read(first, start);
            }
        }
    }

    /// <summary>Returns the length of a piece, which ends at a multiple of the piece size in the file.</summary>
    private int PieceAt(in FileRead read, long start) =>
        (int)Math.Min(_reader.PieceSize - ((read.Offset + start) % _reader.PieceSize), read.Length - start);

    private unsafe void Read(int index, long start)
    {
        var read = _reads.Span[index];
        var memory = new Span<byte>((byte*)read.Address + start, PieceAt(read, start));
        if (_verify)
        {
            var crc = _reader.ReadChecked(read.Offset + start, memory);
            ContentChecksums.Merge(ref _checksums[index], Crc32.Shift(crc, read.Length - start - memory.Length));
        }
        else
        {
            _reader.Read(read.Offset + start, memory);
        }
    }
}

/// <summary>
/// Runs work on dedicated threads and the calling thread: file operations block, and blocked pool threads would delay the parallel loops of
/// the training.
/// </summary>
internal static class ParallelThreads
{
    /// <summary>Runs the work on all threads, waits for them, and throws the first failure.</summary>
    /// <param name="count">The number of threads.</param>
    /// <param name="work">The work; each thread repeatedly takes a share until none is left.</param>
    /// <param name="onFailure">Called when a thread fails, to release threads that wait for it.</param>
    public static void Run(int count, Action work, Action onFailure)
    {
        ExceptionDispatchInfo? failure = null;
        var helped = 0L;
        void Guarded()
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                // The first failure is the cause; later ones, such as an aborted wait, are only consequences.
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                onFailure();
            }
        }

        void Help()
        {
            Guarded();
            Interlocked.Add(ref helped, ThreadTime.Total);
        }

        var others = new Thread[count - 1];
        for (var index = 0; index < others.Length; index++)
        {
            others[index] = new Thread(Help) { IsBackground = true, Name = "Fulgurite file" };
            others[index].UnsafeStart();
        }

        Guarded();
        foreach (var other in others)
        {
            other.Join();
        }

        ThreadTime.Join(helped);

        failure?.Throw();
    }
}
