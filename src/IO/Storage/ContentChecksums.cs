
namespace Fulgurite.IO;

/// <summary>
/// The CRC-32 of each stretch of memory of a file, put together from pieces in any order, by any thread. Whoever asks for one that is not
/// complete waits; an abort lets all who wait go.
/// </summary>
internal sealed class ContentChecksums
{
    private readonly object _monitor = new();
    private readonly List<long> _lengths = [];
    private readonly List<uint?> _known = [];
    private long[] _missing = [];
    private uint[] _values = [];
    private int _waiting;
    private volatile bool _aborted;

    /// <summary>Adds a stretch, perhaps with its checksum, and gives its number. Not while others are computed.</summary>
    public int Add(long length, uint? known)
    {
        _lengths.Add(length);
        _known.Add(known);
        return _lengths.Count - 1;
    }

    /// <summary>Begins to compute.</summary>
    public void Start()
    {
        _missing = new long[_lengths.Count];
        _values = new uint[_lengths.Count];
        for (var number = 0; number < _missing.Length; number++)
        {
            _missing[number] = _known[number] is null ? _lengths[number] : 0;
            _values[number] = _known[number] ?? 0;
        }
    }

    /// <summary>Whether the checksum of a stretch is known without its pieces.</summary>
    public bool IsKnown(int number) => _known[number] is not null;

    /// <summary>The checksum of a stretch.</summary>
    /// <exception cref="OperationCanceledException">The file is not written after all.</exception>
    public uint Get(int number)
    {
        if (Volatile.Read(ref _missing[number]) != 0)
        {
            lock (_monitor)
            {
                // Said before the second look: whoever adds the last piece after that look sees that somebody waits.
                Interlocked.Increment(ref _waiting);
                try
                {
                    while (Volatile.Read(ref _missing[number]) != 0)
                    {
                        ThrowIfAborted();
                        Monitor.Wait(_monitor);
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref _waiting);
                }
            }
        }

        return Volatile.Read(ref _values[number]);
    }

    /// <summary>Adds the checksum of a piece.</summary>
    public void AddPiece(int number, long start, int length, uint crc)
    {
        if (length == _lengths[number])
        {
            Volatile.Write(ref _values[number], crc);
        }
        else
        {
            Merge(ref _values[number], Crc32.Shift(crc, _lengths[number] - start - length));
        }

        if (Interlocked.Add(ref _missing[number], -length) == 0 && Volatile.Read(ref _waiting) > 0)
        {
            lock (_monitor)
            {
                Monitor.PulseAll(_monitor);
            }
        }
    }

    /// <summary>Says that the file is not written after all.</summary>
    public void Abort()
    {
        lock (_monitor)
        {
            _aborted = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Ends whoever works on a file that is not written after all.</summary>
    public void ThrowIfAborted()
    {
        if (_aborted)
        {
            throw new OperationCanceledException("Another part of the file could not be written.");
        }
    }

    /// <summary>Takes the shifted checksum of a piece into that of the whole; the order does not matter.</summary>
    public static void Merge(ref uint value, uint shifted)
    {
        uint seen;
        do
        {
            seen = Volatile.Read(ref value);
        }
        while (Interlocked.CompareExchange(ref value, seen ^ shifted, seen) != seen);
    }
}
