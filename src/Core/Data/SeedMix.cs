namespace Fulgurite.Data;

/// <summary>
/// Makes seeds of numbers, the same on every machine and in every version: <c>HashCode</c> differs from process to process, and a resumed run
/// needs the same order.
/// </summary>
internal static class SeedMix
{
    // The finisher of SplitMix64: every bit of the input changes about half of those of the output.
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
