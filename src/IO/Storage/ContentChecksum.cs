using Fulgurite.IO.Integrity;

namespace Fulgurite.IO.Storage;

/// <summary>The CRC-32 of a stretch of memory, put together from pieces in any order, by any thread.</summary>
public sealed class ContentChecksum
{
    private readonly long _length;
    private readonly ChecksumGate _gate;
    private long _missing;
    private uint _value;

    internal ContentChecksum(long length, ChecksumGate gate)
    {
        _length = length;
        _missing = length;
        _gate = gate;
    }

    /// <summary>The CRC-32; waits for the pieces that are still being read.</summary>
    /// <exception cref="OperationCanceledException">The file is not written after all.</exception>
    public uint Value
    {
        get
        {
            if (!IsComplete)
            {
                _gate.WaitFor(this);
            }

            return Volatile.Read(ref _value);
        }
    }

    internal bool IsComplete => Interlocked.Read(ref _missing) == 0;

    /// <summary>Adds a piece.</summary>
    internal void Add(long start, int length, uint crc)
    {
        var shifted = Crc32.Shift(crc, _length - start - length);
        uint seen;
        do
        {
            seen = Volatile.Read(ref _value);
        }
        while (Interlocked.CompareExchange(ref _value, seen ^ shifted, seen) != seen);

        if (Interlocked.Add(ref _missing, -length) == 0)
        {
            _gate.Pulse();
        }
    }
}
