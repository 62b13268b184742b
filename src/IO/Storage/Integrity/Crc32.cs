using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using LibraryCrc32 = System.IO.Hashing.Crc32;

namespace Fulgurite.IO;

/// <summary>The CRC-32 of zip files (polynomial 0x04C11DB7, reflected); runs at memory speed on processors with AVX-512.</summary>
internal static class Crc32
{
    /// <summary>Returns the CRC of bytes, optionally continuing a previous CRC.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="previous">The CRC of the bytes before them; zero for none.</param>
    public static uint Of(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        if (Crc32Folding.IsWide && bytes.Length >= Crc32Folding.MinLength)
        {
            return Crc32Folding.Compute(bytes, previous);
        }

        var crc = LibraryCrc32.HashToUInt32(bytes);
        return previous == 0 ? crc : Join(previous, crc, bytes.Length);
    }

    /// <summary>Returns the contribution of a piece to the CRC of a message that continues after it.</summary>
    /// <remarks>The CRC of a message is the exclusive or of those of its pieces, each shifted by the length of what follows.</remarks>
    /// <param name="crc">The CRC of the piece.</param>
    /// <param name="followingBytes">The number of bytes after the piece.</param>
    public static uint Shift(uint crc, long followingBytes) =>
        Crc32Arithmetic.Multiply(Crc32Arithmetic.PowerOfX((ulong)followingBytes * 8), crc);

    /// <summary>Returns the CRC of the concatenation of two pieces.</summary>
    /// <param name="first">The CRC of the first piece.</param>
    /// <param name="second">The CRC of the second piece.</param>
    /// <param name="secondLength">The length of the second piece, in bytes.</param>
    public static uint Join(uint first, uint second, long secondLength) => Shift(first, secondLength) ^ second;
}

/// <summary>Polynomial arithmetic modulo the CRC-32 polynomial, with reflected bits: the highest power is bit 0.</summary>
internal static class Crc32Arithmetic
{
    private const uint Polynomial = 0xEDB88320;

    /// <summary>The polynomial with its highest power, x^32, in bit 0.</summary>
    private const ulong WholePolynomial = ((ulong)Polynomial << 1) | 1;

    /// <summary>The quotient of x^64 and the polynomial, with its highest power, x^32, in bit 0.</summary>
    private const ulong Reciprocal = 0x1_F701_1641;

    /// <summary>x to the power of 2^i, for all required i.</summary>
    private static readonly uint[] Squares = MakeSquares();

    /// <summary>Returns the product of two polynomials.</summary>
    public static uint Multiply(uint left, uint right) =>
        Pclmulqdq.IsSupported ? MultiplyWide(left, right) : MultiplyByBits(left, right);

    /// <summary>Like <see cref="Multiply"/>, on any processor.</summary>
    internal static uint MultiplyByBits(uint left, uint right)
    {
        var product = 0u;
        for (var bit = 0x80000000u; bit != 0; bit >>= 1)
        {
            if ((left & bit) != 0)
            {
                product ^= right;
            }

            right = (right >> 1) ^ ((right & 1) != 0 ? Polynomial : 0);
        }

        return product;
    }

    /// <summary>Returns a power of x.</summary>
    public static uint PowerOfX(ulong exponent)
    {
        var result = 0x80000000u;
        for (var index = 0; exponent != 0; exponent >>= 1, index++)
        {
            if ((exponent & 1) != 0)
            {
                result = Multiply(Squares[index], result);
            }
        }

        return result;
    }

    /// <summary>Multiplies without carries, and reduces by Barrett's method.</summary>
    private static uint MultiplyWide(uint left, uint right)
    {
        // Reflected, so that the powers from x^32 on are in the lower half.
        var product = Carryless(left, right) << 1;
        var quotient = (uint)Carryless((uint)product, Reciprocal);
        return (uint)((product ^ Carryless(quotient, WholePolynomial)) >> 32);

        static ulong Carryless(ulong one, ulong other) =>
            Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(one), Vector128.CreateScalar(other), 0x00).ToScalar();
    }

    private static uint[] MakeSquares()
    {
        var squares = new uint[64];
        squares[0] = 0x40000000;
        for (var index = 1; index < squares.Length; index++)
        {
            squares[index] = Multiply(squares[index - 1], squares[index - 1]);
        }

        return squares;
    }
}
