using Fulgurite.IO.Integrity;

namespace Fulgurite.IO.Storage;

/// <summary>Reads many stretches of a file with several reads in flight; checksums are computed while what was read is still in the cache.</summary>
internal sealed class ParallelReads
{
    private const int PieceSize = 4 << 20;
    private const int Step = 256 << 10;

    private readonly StorageReader _reader;
    private readonly bool _verify;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(FileRead Read, long Start, int Length)> _pieces = [];
    private int _next = -1;
    private volatile bool _failed;

    private ParallelReads(StorageReader reader, IEnumerable<FileRead> reads, bool verify, CancellationToken cancellationToken)
    {
        _reader = reader;
        _verify = verify;
        _cancellationToken = cancellationToken;
        foreach (var read in reads)
        {
            for (var start = 0L; start < read.Length; start += PieceSize)
            {
                _pieces.Add((read, start, (int)Math.Min(PieceSize, read.Length - start)));
            }
        }
    }

    /// <summary>Reads everything.</summary>
    public static void Run(StorageReader reader, IReadOnlyCollection<FileRead> reads, bool verify, CancellationToken cancellationToken)
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
    }

    private void ReadUntilNoneIsLeft()
    {
        for (var index = Interlocked.Increment(ref _next); index < _pieces.Count && !_failed; index = Interlocked.Increment(ref _next))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            Read(_pieces[index]);
        }
    }

    private unsafe void Read((FileRead Read, long Start, int Length) piece)
    {
        var crc = 0u;
        for (var done = 0; done < piece.Length; done += Step)
        {
            var start = piece.Start + done;
            var memory = new Span<byte>((byte*)piece.Read.Address + start, Math.Min(Step, piece.Length - done));
            _reader.Read(piece.Read.Offset + start, memory);
            if (_verify)
            {
                crc = Crc32.Of(memory, crc);
            }
        }

        piece.Read.Checksum.Add(piece.Start, piece.Length, crc);
    }
}
