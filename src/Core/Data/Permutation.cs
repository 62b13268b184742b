using System.Numerics;

namespace Fulgurite;

/// <summary>
/// An order of the numbers below a count that depends on a seed alone. Every place of it is computed by itself, so that a run goes on from any
/// position at once, and an order of a billion items takes no memory.
/// </summary>
/// <remarks>
/// A Feistel network over the next power of two; a place that falls beyond the count is sent through again, which is less than once on the
/// average.
/// </remarks>
internal readonly struct Permutation
{
    private const int Rounds = 8;

    private readonly ulong _count;
    private readonly ulong _seed;
    private readonly int _lowBits;
    private readonly int _highBits;

    public Permutation(long count, long seed)
    {
        _count = (ulong)count;
        _seed = unchecked((ulong)seed);

        // At least two bits, one for each half.
        var bits = Math.Max(2, 64 - BitOperations.LeadingZeroCount((ulong)Math.Max(0, count - 1)));
        _lowBits = bits / 2;
        _highBits = bits - _lowBits;
    }

    /// <summary>The number at a place.</summary>
    public long this[long place]
    {
        get
        {
            var value = (ulong)place;
            do
            {
                value = Shuffle(value);
            }
            while (value >= _count);

            return (long)value;
        }
    }

    // The halves may differ by a bit, so that they change places with their widths.
    private ulong Shuffle(ulong value)
    {
        int low = _lowBits, high = _highBits;
        for (var round = 0; round < Rounds; round++)
        {
            var right = value & ((1UL << low) - 1);
            var left = value >> low;
            var mixed = left ^ (SeedMix.Scramble(_seed ^ (right << 4) ^ (ulong)round) & ((1UL << high) - 1));
            value = (right << high) | mixed;
            (low, high) = (high, low);
        }

        return value;
    }
}
