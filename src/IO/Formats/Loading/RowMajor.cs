namespace Fulgurite.IO;

/// <summary>The row-major layout of contiguous tensors, for shapes read from files.</summary>
internal static class RowMajor
{
    /// <summary>Returns the strides in elements. For an empty tensor they have no meaning, and any sizes are valid.</summary>
    /// <exception cref="OverflowException">The tensor exceeds the addressable memory.</exception>
    public static long[] Strides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        var (isEmpty, stride) = (shape.Contains(0L), 1L);
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            var size = Math.Max(shape[dimension], 1);
            if (!isEmpty || stride <= long.MaxValue / size)
            {
                stride = checked(stride * size);
            }
        }

        return strides;
    }

    /// <summary>Returns the length in bytes, rounded up.</summary>
    /// <param name="shape">The size of each dimension.</param>
    /// <param name="elementBits">The size of an element, in bits.</param>
    /// <exception cref="OverflowException">The tensor exceeds the addressable memory.</exception>
    public static long ByteLength(ReadOnlySpan<long> shape, int elementBits)
    {
        if (shape.Contains(0L))
        {
            return 0;
        }

        // Computed in bytes first: the number of bits may overflow even if the number of bytes does not.
        var (isWhole, length) = (elementBits % 8 == 0, 1L);
        foreach (var size in shape)
        {
            length = checked(length * size);
        }

        return isWhole ? checked(length * (elementBits / 8)) : (checked(length * elementBits) + 7) / 8;
    }
}
