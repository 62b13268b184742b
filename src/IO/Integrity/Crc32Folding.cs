using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fulgurite.IO.Integrity;

/// <summary>
/// The CRC-32 by carry-less multiplication: a block of the message is multiplied by a power of x that moves it onto a later block, so
/// that a message of any length becomes one of 16 bytes with the same remainder.
/// </summary>
internal static class Crc32Folding
{
    private const int Block = 16;
    private const int CacheLine = 64;
    private const int PrefetchDistance = 4096;

    private static readonly Vector128<ulong> By128 = Constants(128);
    private static readonly Vector128<ulong> By512 = Constants(512);
    private static readonly Vector128<ulong> By2048 = Constants(2048);

    /// <summary>Whether the processor folds 64 bytes at once.</summary>
    public static bool IsWide => Pclmulqdq.V512.IsSupported && Avx512F.IsSupported;

    /// <summary>What moves a block of 64 bytes on by four of its kind.</summary>
    public static Vector512<ulong> WideBy2048 => Wide(By2048);

    /// <summary>Goes on with a CRC over at least 64 bytes; leaves fewer than 16 to the caller.</summary>
    public static uint Update(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        Vector128<ulong> folded;
        int used;
        if (IsWide && blocks.Length >= 32)
        {
            folded = FoldWide(state, blocks, out used);
        }
        else
        {
            folded = FoldFour(state, blocks, out used);
        }

        for (; used < blocks.Length; used++)
        {
            folded = Fold(folded, By128) ^ blocks[used];
        }

        bytes = bytes[(blocks.Length * Block)..];
        return Reduce(folded);
    }

    /// <summary>What is left of a message that was folded into 16 bytes.</summary>
    public static uint Reduce(Vector128<ulong> folded)
    {
        Span<byte> rest = stackalloc byte[Block];
        MemoryMarshal.Write(rest, folded);
        return Crc32Tables.Update(0, rest);
    }

    /// <summary>Folds four blocks of 64 bytes that follow each other into one of 16.</summary>
    public static Vector128<ulong> Join(Vector512<ulong> first, Vector512<ulong> second, Vector512<ulong> third, Vector512<ulong> fourth)
    {
        var by = Wide(By512);
        second ^= Fold(first, by);
        third ^= Fold(second, by);
        fourth ^= Fold(third, by);
        return Join(fourth.GetLower().GetLower(), fourth.GetLower().GetUpper(), fourth.GetUpper().GetLower(), fourth.GetUpper().GetUpper());
    }

    /// <summary>Moves a block on, into one that comes later.</summary>
    public static Vector512<ulong> Fold(Vector512<ulong> value, Vector512<ulong> by) =>
        Pclmulqdq.V512.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(value, by, 0x11);

    /// <summary>Asks for four lines of the cache. Asking for what is not there, or not ours, does nothing.</summary>
    public static unsafe void Prefetch(byte* ahead)
    {
        Sse.Prefetch1(ahead);
        Sse.Prefetch1(ahead + CacheLine);
        Sse.Prefetch1(ahead + (2 * CacheLine));
        Sse.Prefetch1(ahead + (3 * CacheLine));
    }

    private static Vector128<ulong> FoldFour(uint state, ReadOnlySpan<Vector128<ulong>> blocks, out int used)
    {
        var first = blocks[0] ^ Vector128.CreateScalar((ulong)state);
        var second = blocks[1];
        var third = blocks[2];
        var fourth = blocks[3];
        var by = By512;
        for (used = 4; used + 4 <= blocks.Length; used += 4)
        {
            first = Fold(first, by) ^ blocks[used];
            second = Fold(second, by) ^ blocks[used + 1];
            third = Fold(third, by) ^ blocks[used + 2];
            fourth = Fold(fourth, by) ^ blocks[used + 3];
        }

        return Join(first, second, third, fourth);
    }

    private static Vector128<ulong> FoldWide(uint state, ReadOnlySpan<Vector128<ulong>> narrow, out int used)
    {
        var blocks = MemoryMarshal.Cast<Vector128<ulong>, Vector512<ulong>>(narrow);
        var first = blocks[0] ^ Vector512.CreateScalar((ulong)state);
        var second = blocks[1];
        var third = blocks[2];
        var fourth = blocks[3];
        var by = Wide(By2048);
        var index = 4;
        for (; index + 4 <= blocks.Length; index += 4)
        {
            Prefetch(in blocks[index]);
            first = Fold(first, by) ^ blocks[index];
            second = Fold(second, by) ^ blocks[index + 1];
            third = Fold(third, by) ^ blocks[index + 2];
            fourth = Fold(fourth, by) ^ blocks[index + 3];
        }

        used = index * 4;
        return Join(first, second, third, fourth);
    }

    /// <summary>The processor's own foresight ends at a page, and one core then reads a sixth less; so this asks for memory a page ahead.</summary>
    private static unsafe void Prefetch(ref readonly Vector512<ulong> block) =>
        Prefetch((byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in block)) + PrefetchDistance);

    private static Vector128<ulong> Join(Vector128<ulong> first, Vector128<ulong> second, Vector128<ulong> third, Vector128<ulong> fourth)
    {
        second ^= Fold(first, By128);
        third ^= Fold(second, By128);
        return fourth ^ Fold(third, By128);
    }

    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    private static Vector512<ulong> Wide(Vector128<ulong> by)
    {
        var half = Vector256.Create(by, by);
        return Vector512.Create(half, half);
    }

    /// <summary>
    /// The multipliers that move a block on by a number of bits. The lower half of a block holds the higher powers, hence 32 more for it
    /// and 32 less for the upper half; the shift by one is what reflection costs a product.
    /// </summary>
    private static Vector128<ulong> Constants(int bits) =>
        Vector128.Create((ulong)Crc32Tables.PowerOfX((ulong)bits + 32) << 1, (ulong)Crc32Tables.PowerOfX((ulong)bits - 32) << 1);
}
