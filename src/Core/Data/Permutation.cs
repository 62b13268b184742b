using System.Numerics;

namespace Fulgurite;

/// <summary>
/// A permutation of the integers below a count, determined by a seed. Each element is computed independently, so a run can resume at any
/// position immediately, and a permutation of a billion items takes no memory.
/// </summary>
/// <remarks>
/// A Feistel network over the next power of two. A value outside the range is permuted again, less than once on average.
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

        // At least two bits, one per half.
        var bits = Math.Max(2, 64 - BitOperations.LeadingZeroCount((ulong)Math.Max(0, count - 1)));
        _lowBits = bits / 2;
        _highBits = bits - _lowBits;
    }

    /// <summary>Gets the element at a position.</summary>
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

    // The halves may differ by one bit, so their widths are swapped with them.
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
