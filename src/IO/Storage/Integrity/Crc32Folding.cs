using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LibraryCrc32 = System.IO.Hashing.Crc32;

namespace Fulgurite.IO;

/// <summary>
/// Computes the CRC-32 by carry-less multiplication of 64 bytes at once, which System.IO.Hashing does not support. Each block is multiplied
/// by a power of x that moves it onto a later block, which reduces a message of any length to 16 bytes with the same remainder.
/// </summary>
internal static class Crc32Folding
{
    /// <summary>The minimum number of bytes for <see cref="Compute"/>; below it the library is as fast.</summary>
    public const int MinLength = 1024;

    private const int Block = 16;
    private const int CacheLine = 64;
    private const int Stride = 4 * CacheLine;
    private const int PrefetchDistance = 4096;

    private static readonly Vector128<ulong> By128 = Constants(128);
    private static readonly Vector128<ulong> By512 = Constants(512);
    private static readonly Vector128<ulong> By2048 = Constants(2048);

    /// <summary>Gets a value indicating whether the processor supports folding 64 bytes at once.</summary>
    public static bool IsWide => Pclmulqdq.V512.IsSupported && Avx512F.IsSupported;

    /// <summary>Gets the multiplier that moves a block of 64 bytes by four blocks.</summary>
    public static Vector512<ulong> WideBy2048 => Wide(By2048);

    /// <summary>Returns the CRC of at least <see cref="MinLength"/> bytes, continuing a previous CRC.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">The CRC of the bytes before them; zero for none.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector512<ulong>>(bytes);
        var first = blocks[0] ^ Vector512.CreateScalar((ulong)~previous);
        var second = blocks[1];
        var third = blocks[2];
        var fourth = blocks[3];
        var by = WideBy2048;
        var index = 4;
        for (; index + 4 <= blocks.Length; index += 4)
        {
            Prefetch(in blocks[index]);
            first = Fold(first, by) ^ blocks[index];
            second = Fold(second, by) ^ blocks[index + 1];
            third = Fold(third, by) ^ blocks[index + 2];
            fourth = Fold(fourth, by) ^ blocks[index + 3];
        }

        return Finish(Join(first, second, third, fourth), bytes[(index * CacheLine)..]);
    }

    /// <summary>Returns the CRC of a message folded into 16 bytes.</summary>
    /// <param name="folded">The folded bytes.</param>
    /// <param name="rest">The rest of the message, shorter than four cache lines.</param>
    public static uint Finish(Vector128<ulong> folded, ReadOnlySpan<byte> rest)
    {
        Span<byte> message = stackalloc byte[Block + Stride];

        // The initial value is already folded in; the library applies its own, which this cancels.
        MemoryMarshal.Write(message, folded ^ Vector128.CreateScalar((ulong)uint.MaxValue));
        rest.CopyTo(message[Block..]);
        return LibraryCrc32.HashToUInt32(message[..(Block + rest.Length)]);
    }

    /// <summary>Folds four consecutive blocks of 64 bytes into one of 16.</summary>
    public static Vector128<ulong> Join(Vector512<ulong> first, Vector512<ulong> second, Vector512<ulong> third, Vector512<ulong> fourth)
    {
        var by = Wide(By512);
        second ^= Fold(first, by);
        third ^= Fold(second, by);
        fourth ^= Fold(third, by);
        var folded = Fold(fourth.GetLower().GetLower()) ^ fourth.GetLower().GetUpper();
        folded = Fold(folded) ^ fourth.GetUpper().GetLower();
        return Fold(folded) ^ fourth.GetUpper().GetUpper();
    }

    /// <summary>Moves a block onto a later one.</summary>
    public static Vector512<ulong> Fold(Vector512<ulong> value, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(value, by, 0x11);

    /// <summary>Prefetches four cache lines. Prefetching an invalid address has no effect.</summary>
    public static unsafe void Prefetch(byte* ahead)
    {
        Sse.Prefetch1(ahead);
        Sse.Prefetch1(ahead + CacheLine);
        Sse.Prefetch1(ahead + (2 * CacheLine));
        Sse.Prefetch1(ahead + (3 * CacheLine));
    }

    /// <summary>
    /// Prefetches one page ahead: the hardware prefetcher stops at page boundaries, which costs one core a sixth of its bandwidth.
    /// </summary>
    private static unsafe void Prefetch(ref readonly Vector512<ulong> block) =>
        Prefetch((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in block)) + PrefetchDistance);

    private static Vector128<ulong> Fold(Vector128<ulong> value) =>
        Pclmulqdq.CarrylessMultiply(value, By128, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, By128, 0x11);

    private static Vector512<ulong> Wide(Vector128<ulong> by)
    {
        var half = Vector256.Create(by, by);
        return Vector512.Create(half, half);
    }

    /// <summary>
    /// Returns the multipliers that move a block by a number of bits. The lower half of a block holds the higher powers, hence 32 more bits
    /// for it and 32 fewer for the upper half; the shift by one compensates for the reflection of the product.
    /// </summary>
    private static Vector128<ulong> Constants(int bits) =>
        Vector128.Create((ulong)Crc32Arithmetic.PowerOfX((ulong)bits + 32) << 1, (ulong)Crc32Arithmetic.PowerOfX((ulong)bits - 32) << 1);
}
