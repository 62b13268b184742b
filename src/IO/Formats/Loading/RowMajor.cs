namespace Fulgurite.IO;

/// <summary>The layout of tensors whose elements lie row after row without gaps, of shapes that a file gives.</summary>
internal static class RowMajor
{
    /// <summary>The strides, in elements. Of an empty tensor they mean nothing, and its sizes may be any.</summary>
    /// <exception cref="OverflowException">The tensor is larger than any memory.</exception>
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

    /// <summary>The length in bytes; parts of a byte count as one.</summary>
    /// <param name="shape">The size of each dimension.</param>
    /// <param name="elementBits">The size of an element, in bits.</param>
    /// <exception cref="OverflowException">The tensor is larger than any memory.</exception>
    public static long ByteLength(ReadOnlySpan<long> shape, int elementBits)
    {
        if (shape.Contains(0L))
        {
            return 0;
        }

        // Whole bytes first: the number of bits may overflow where that of bytes does not.
        var (isWhole, length) = (elementBits % 8 == 0, 1L);
        foreach (var size in shape)
        {
            length = checked(length * size);
        }

        return isWhole ? checked(length * (elementBits / 8)) : (checked(length * elementBits) + 7) / 8;
    }
}
