using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Fulgurite.IO.Integrity;

/// <summary>The CRC-32 of zip files (polynomial 0x04C11DB7, reflected), at the speed of memory where the processor helps.</summary>
internal static class Crc32
{
    /// <summary>Below this, setting up the folding costs more than it saves.</summary>
    private const int FoldingThreshold = 128;

    /// <summary>The CRC of bytes, or of bytes that follow others.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">The CRC of what comes before them; zero for nothing.</param>
    public static uint Of(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var state = ~previous;
        if (bytes.Length >= FoldingThreshold && Pclmulqdq.IsSupported && Sse2.IsSupported)
        {
            state = Crc32Folding.Update(state, ref bytes);
        }
        else if (ArmCrc32.Arm64.IsSupported)
        {
            while (bytes.Length >= sizeof(ulong))
            {
                state = ArmCrc32.Arm64.ComputeCrc32(state, Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(bytes)));
                bytes = bytes[sizeof(ulong)..];
            }
        }

        return ~Crc32Tables.Update(state, bytes);
    }

    /// <summary>The CRC as it counts in a longer message, that is with as many bytes behind it.</summary>
    /// <remarks>The CRC of a message is the exclusive or of those of its pieces, each shifted by what follows it.</remarks>
    /// <param name="crc">The CRC of a piece.</param>
    /// <param name="followingBytes">How many bytes follow the piece.</param>
    public static uint Shift(uint crc, long followingBytes) => Crc32Tables.Multiply(Crc32Tables.PowerOfX((ulong)followingBytes * 8), crc);

    /// <summary>The CRC of a message of two pieces.</summary>
    /// <param name="first">The CRC of the first piece.</param>
    /// <param name="second">The CRC of the second piece.</param>
    /// <param name="secondLength">The length of the second piece, in bytes.</param>
    public static uint Join(uint first, uint second, long secondLength) => Shift(first, secondLength) ^ second;
}
