using System.Buffers.Binary;

namespace Fulgurite.IO.Integrity;

/// <summary>Arithmetic of the CRC-32 on polynomials modulo its own, bits reflected: the highest power is bit 0.</summary>
internal static class Crc32Tables
{
    private const uint Polynomial = 0xEDB88320;
    private const int Slices = 8;

    private static readonly uint[] Table = MakeTable();

    /// <summary>x to the power of 2^i, for every i that can occur.</summary>
    private static readonly uint[] Squares = MakeSquares();

    /// <summary>Goes on with a CRC over bytes, eight at a time, without help of the processor.</summary>
    public static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        var table = Table;
        while (bytes.Length >= Slices)
        {
            var low = state ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = table[(7 * 256) + (byte)low] ^ table[(6 * 256) + (byte)(low >> 8)]
                ^ table[(5 * 256) + (byte)(low >> 16)] ^ table[(4 * 256) + (low >> 24)]
                ^ table[(3 * 256) + (byte)high] ^ table[(2 * 256) + (byte)(high >> 8)]
                ^ table[(1 * 256) + (byte)(high >> 16)] ^ table[high >> 24];
            bytes = bytes[Slices..];
        }

        foreach (var value in bytes)
        {
            state = (state >> 8) ^ table[(byte)(state ^ value)];
        }

        return state;
    }

    /// <summary>The product of two polynomials.</summary>
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

    /// <summary>x to a power.</summary>
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

    private static uint[] MakeTable()
    {
        var table = new uint[Slices * 256];
        for (var value = 0u; value < 256; value++)
        {
            var state = value;
            for (var bit = 0; bit < 8; bit++)
            {
                state = (state >> 1) ^ ((state & 1) != 0 ? Polynomial : 0);
            }

            table[value] = state;
        }

        for (var index = 256; index < table.Length; index++)
        {
            var previous = table[index - 256];
            table[index] = (previous >> 8) ^ table[(byte)previous];
        }

        return table;
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
