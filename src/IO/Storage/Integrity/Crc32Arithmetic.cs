namespace Fulgurite.IO;

/// <summary>Polynomial arithmetic modulo the CRC-32 polynomial, with reflected bits: the highest power is bit 0.</summary>
internal static class Crc32Arithmetic
{
    private const uint Polynomial = 0xEDB88320;

    /// <summary>x to the power of 2^i, for all required i.</summary>
    private static readonly uint[] Squares = MakeSquares();

    /// <summary>Returns the product of two polynomials.</summary>
    public static uint Multiply(uint left, uint right)
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
