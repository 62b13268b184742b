
namespace Fulgurite.IO;

/// <summary>Reads many regions of a file concurrently and computes checksums while the data is in the cache.</summary>
internal sealed class ParallelReads
{
    private const int PieceSize = 4 << 20;
    private const int Step = 256 << 10;

    /// <summary>The number of small regions claimed at a time.</summary>
    private const int Batch = 64;

    private readonly StorageReader _reader;
    private readonly FileRead[] _reads;
    private readonly uint[] _checksums;
    private readonly bool _verify;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(int First, int Count, long Start)> _work = [];
    private int _next = -1;
    private volatile bool _failed;

    private ParallelReads(StorageReader reader, FileRead[] reads, bool verify, CancellationToken cancellationToken)
    {
        _reader = reader;
        _reads = reads;
        _checksums = new uint[reads.Length];
        _verify = verify;
        _cancellationToken = cancellationToken;
        Divide();
    }

    /// <summary>Reads all regions.</summary>
    /// <returns>The CRC-32 of each region, if requested.</returns>
    public static uint[] Run(StorageReader reader, FileRead[] reads, bool verify, CancellationToken cancellationToken)
    {
        var work = new ParallelReads(reader, reads, verify, cancellationToken);
        var threads = (int)Math.Min(reader.Concurrency, (reads.Sum(read => read.Length) / PieceSize) + 1);
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
        for (var index = 0; index < _reads.Length;)
        {
            if (_reads[index].Length > Step)
            {
                for (var start = 0L; start < _reads[index].Length; start += PieceSize)
                {
                    _work.Add((index, 1, start));
                }

                index++;
                continue;
            }

            var first = index;
            while (index < _reads.Length && index - first < Batch && _reads[index].Length <= Step)
            {
                index++;
            }

            _work.Add((first, index - first, 0));
        }
    }

    private void ReadUntilNoneIsLeft()
    {
        for (var index = Interlocked.Increment(ref _next); index < _work.Count && !_failed; index = Interlocked.Increment(ref _next))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var (first, count, start) = _work[index];
            for (var read = first; read < first + count; read++)
            {
                Read(read, start);
            }
        }
    }

    private unsafe void Read(int index, long start)
    {
        var read = _reads[index];
        var length = (int)Math.Min(PieceSize, read.Length - start);
        var crc = 0u;
        for (var done = 0; done < length; done += Step)
        {
            var memory = new Span<byte>((byte*)read.Address + start + done, Math.Min(Step, length - done));
            _reader.Read(read.Offset + start + done, memory);
            if (_verify)
            {
                crc = Crc32.Of(memory, crc);
            }
        }

        if (_verify)
        {
            ContentChecksums.Merge(ref _checksums[index], Crc32.Shift(crc, read.Length - start - length));
        }
    }
}
