namespace Fulgurite.IO;

/// <summary>
/// The CRC-32 of each memory region of a file, combined from pieces in any order and by any thread. A request for an incomplete checksum
/// blocks until it is complete or the write is aborted.
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

    /// <summary>
    /// Adds a region, optionally with a known checksum, and returns its number. Must not be called after <see cref="Start"/>.
    /// </summary>
    public int Add(long length, uint? known)
    {
        _lengths.Add(length);
        _known.Add(known);
        return _lengths.Count - 1;
    }

    /// <summary>Starts the computation.</summary>
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

    /// <summary>Returns true if the checksum of a region was known in advance.</summary>
    public bool IsKnown(int number) => _known[number] is not null;

    /// <summary>Returns the checksum of a region; blocks until it is complete.</summary>
    /// <exception cref="OperationCanceledException">The write was aborted.</exception>
    public uint Get(int number)
    {
        if (Volatile.Read(ref _missing[number]) != 0)
        {
            lock (_monitor)
            {
                // Incremented before the second check, so that the thread that adds the last piece after that check sees the waiter.
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

    /// <summary>Aborts the write and releases all waiting threads.</summary>
    public void Abort()
    {
        lock (_monitor)
        {
            _aborted = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Throws if the write was aborted.</summary>
    public void ThrowIfAborted()
    {
        if (_aborted)
        {
            throw new OperationCanceledException("Another part of the file could not be written.");
        }
    }

    /// <summary>Merges the shifted checksum of a piece into the total; the order does not matter.</summary>
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
