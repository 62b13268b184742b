using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fulgurite.IO;

/// <summary>
/// Copies memory and computes the CRC-32 of the copied bytes in one pass: the checksum is free while the bytes are in the processor, and
/// would otherwise cost a second pass over memory.
/// </summary>
/// <remarks>
/// The copy bypasses the caches. It is read later, and by the disk rather than by this processor. So the caches keep the data of the
/// training, and the target is not read before it is written.
/// </remarks>
internal static unsafe class Crc32Copy
{
    private const int CacheLine = 64;
    private const int Stride = 4 * CacheLine;
    private const int PrefetchDistance = 4096;

    /// <summary>A block that fits into the L1 cache twice.</summary>
    private const int Block = 16 << 10;

    /// <summary>Copies bytes between regions that do not overlap.</summary>
    /// <returns>The CRC of the copied bytes, even if the source changes meanwhile.</returns>
    public static uint Copy(nint source, nint target, long byteLength)
    {
        var crc = 0u;
        var done = 0L;
        if (Crc32Folding.IsWide && byteLength >= 2 * Stride && target % CacheLine == 0)
        {
            done = byteLength / Stride * Stride;
            crc = CopyWide((byte*)source, (byte*)target, done);
        }

        for (; done < byteLength; done += Block)
        {
            var length = (int)Math.Min(Block, byteLength - done);
            var to = (byte*)target + done;
            Buffer.MemoryCopy((byte*)source + done, to, length, length);

            // Computed over the copy: the source may have changed since, and the file gets the bytes of the copy.
            crc = Crc32.Of(new ReadOnlySpan<byte>(to, length), crc);
        }

        return crc;
    }

    // Fully optimized at first use: the first save of a run must not wait for tiered compilation.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint CopyWide(byte* from, byte* to, long byteLength)
    {
        var first = Move(from, to);
        var second = Move(from + CacheLine, to + CacheLine);
        var third = Move(from + (2 * CacheLine), to + (2 * CacheLine));
        var fourth = Move(from + (3 * CacheLine), to + (3 * CacheLine));
        first ^= Vector512.CreateScalar((ulong)uint.MaxValue);
        var by = Crc32Folding.WideBy2048;
        for (var end = from + byteLength - Stride; from < end;)
        {
            from += Stride;
            to += Stride;
            Crc32Folding.Prefetch(from + PrefetchDistance);
            first = Crc32Folding.Fold(first, by) ^ Move(from, to);
            second = Crc32Folding.Fold(second, by) ^ Move(from + CacheLine, to + CacheLine);
            third = Crc32Folding.Fold(third, by) ^ Move(from + (2 * CacheLine), to + (2 * CacheLine));
            fourth = Crc32Folding.Fold(fourth, by) ^ Move(from + (3 * CacheLine), to + (3 * CacheLine));
        }

        // Non-temporal stores are weakly ordered up to this fence.
        Sse.StoreFence();
        return Crc32Folding.Finish(Crc32Folding.Join(first, second, third, fourth), []);
    }

    /// <summary>Copies a cache line and returns its content.</summary>
    private static Vector512<ulong> Move(byte* from, byte* to)
    {
        var line = Vector512.Load((ulong*)from);
        line.StoreAlignedNonTemporal((ulong*)to);
        return line;
    }
}
