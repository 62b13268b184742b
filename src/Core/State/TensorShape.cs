namespace Fulgurite.State;

/// <summary>Arithmetic on shapes and strides, both in elements.</summary>
internal static class TensorShape
{
    /// <summary>Returns the number of elements; one for a tensor without dimensions.</summary>
    public static long ElementCount(ReadOnlySpan<long> shape)
    {
        // Checked first, because the product of the other sizes may overflow.
        var count = shape.Contains(0L) ? 0L : 1L;
        foreach (var size in shape)
        {
            count = checked(count * size);
        }

        return count;
    }

    /// <summary>Returns the number of elements from the first used element to the last, inclusive; zero for an empty tensor.</summary>
    public static long Extent(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        if (shape.Contains(0L))
        {
            return 0;
        }

        var last = 0L;
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            last = checked(last + ((shape[dimension] - 1) * strides[dimension]));
        }

        return last + 1;
    }

    /// <summary>Returns the strides of a tensor in row-major order without gaps.</summary>
    public static long[] ContiguousStrides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            stride = checked(stride * Math.Max(shape[dimension], 1));
        }

        return strides;
    }

    /// <summary>Returns whether the elements are in row-major order without gaps.</summary>
    public static bool IsContiguous(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        var expected = 1L;
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            if (shape[dimension] == 0)
            {
                return true;
            }

            if (shape[dimension] != 1 && strides[dimension] != expected)
            {
                return false;
            }

            expected *= shape[dimension];
        }

        return true;
    }
}
