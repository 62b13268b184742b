using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Arithmetic on shapes and strides, both in elements.</summary>
internal static class TensorShape
{
    /// <summary>Returns the shape of a tensor. Several times as fast as <c>Tensor.shape</c>, which calls back from native code.</summary>
    public static long[] Of(Tensor tensor)
    {
        var shape = new long[tensor.Dimensions];
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            shape[dimension] = tensor.size(dimension);
        }

        return shape;
    }

    /// <summary>Returns the strides of a dense tensor of a given number of dimensions, without a callback either.</summary>
    public static long[] StridesOf(Tensor tensor, int dimensions)
    {
        var strides = new long[dimensions];
        for (var dimension = 0; dimension < dimensions; dimension++)
        {
            strides[dimension] = tensor.stride(dimension);
        }

        return strides;
    }

    /// <summary>Returns whether a tensor has a shape.</summary>
    public static bool IsOf(Tensor tensor, ReadOnlySpan<long> shape)
    {
        if (NativeLayout.TryRead(tensor, out var layout))
        {
            var isSame = layout.Shape.SequenceEqual(shape);
            GC.KeepAlive(tensor);
            return isSame;
        }

        if (tensor.Dimensions != shape.Length)
        {
            return false;
        }

        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            if (tensor.size(dimension) != shape[dimension])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns whether elements share memory, as in an expanded tensor, which cannot be written to.</summary>
    public static bool Overlaps(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        var dimensions = new List<(long Stride, long Size)>();
        for (var index = 0; index < shape.Length; index++)
        {
            if (shape[index] == 0)
            {
                return false;
            }

            if (shape[index] > 1)
            {
                dimensions.Add((strides[index], shape[index]));
            }
        }

        dimensions.Sort();
        long extent = 1;
        foreach (var (stride, size) in dimensions)
        {
            if (stride < extent)
            {
                return stride == 0 || Collide(dimensions);
            }

            extent += (size - 1) * stride;
        }

        return false;
    }

    /// <summary>Compares all offsets: dimensions may interleave without a collision.</summary>
    private static bool Collide(List<(long Stride, long Size)> dimensions)
    {
        if (dimensions.Aggregate(1.0, (count, dimension) => count * dimension.Size) > 1 << 20)
        {
            return true; // Large interleaved tensors do not occur in practice.
        }

        HashSet<long> places = [0];
        foreach (var (stride, size) in dimensions)
        {
            var before = places.ToList();
            for (long index = 1; index < size; index++)
            {
                foreach (var place in before)
                {
                    if (!places.Add(place + (index * stride)))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

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
