using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A seeded random number generator that is cheap to create: one is used per item.</summary>
internal sealed class SeededRandom(long seed) : Random
{
    private ulong _state = unchecked((ulong)seed);

    public override int Next() => Next(int.MaxValue);

    public override int Next(int maxValue) => (int)NextInt64(0, maxValue);

    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    public override long NextInt64() => NextInt64(0, long.MaxValue);

    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        var range = unchecked((ulong)(maxValue - minValue));

        // The upper half of the product is uniform up to one part in 2^64 / range.
        return range == 0 ? minValue : unchecked(minValue + (long)Math.BigMul(Draw(), range, out _));
    }

    public override double NextDouble() => (Draw() >> 11) * (1.0 / (1UL << 53));

    public override float NextSingle() => (Draw() >> 40) * (1.0f / (1UL << 24));

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        for (var index = 0; index < buffer.Length; index += 8)
        {
            var value = Draw();
            for (var place = index; place < Math.Min(index + 8, buffer.Length); place++, value >>= 8)
            {
                buffer[place] = (byte)value;
            }
        }
    }

    protected override double Sample() => NextDouble();

    private ulong Draw()
    {
        var drawn = SeedMix.Scramble(_state);
        _state = unchecked(_state + 0x9E3779B97F4A7C15);
        return drawn;
    }
}

/// <summary>
/// Derives seeds from numbers, identically on every machine and in every version. <c>HashCode</c> differs between processes, but a resumed
/// run needs the same order.
/// </summary>
internal static class SeedMix
{
    // The finalizer of SplitMix64: each input bit changes about half of the output bits.
    public static ulong Scramble(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    public static long Combine(long seed, long epoch, long index) =>
        unchecked((long)Scramble(Scramble(Scramble((ulong)seed) ^ (ulong)epoch) ^ (ulong)index));
}

/// <summary>The process-wide random seed (<see cref="Trainer.SeedEverything"/>).</summary>
internal static class RandomSeed
{
    private static readonly Lock Gate = new();
    private static long? _current;

    /// <summary>Gets the seed that was set last; null if none was.</summary>
    public static long? Current
    {
        get
        {
            lock (Gate)
            {
                return _current;
            }
        }
    }

    public static void Set(long seed)
    {
        lock (Gate)
        {
            _current = seed;
            manual_seed(seed);
            if (cuda.is_available())
            {
                cuda.manual_seed_all(seed);
            }
        }
    }

    /// <summary>Records the seed of a resumed run. The generators are restored separately.</summary>
    public static void Remember(long seed)
    {
        lock (Gate)
        {
            _current = seed;
        }
    }
}
