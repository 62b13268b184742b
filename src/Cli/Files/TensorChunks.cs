namespace Fulgurite.Cli;

/// <summary>Enumerates the elements of a tensor of any size in row-major order, in cache-sized chunks.</summary>
internal static class TensorChunks
{
    /// <summary>The number of elements per chunk.</summary>
    public const int Elements = 64 << 10;

    /// <summary>Copies consecutive elements in row-major order.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="first">The index of the first element.</param>
    /// <param name="destination">The destination; its length determines the number of elements.</param>
    public static unsafe void Copy(TensorData tensor, long first, Span<byte> destination)
    {
        var size = tensor.Type.ElementByteSize();
        if (tensor.IsContiguous)
        {
            new ReadOnlySpan<byte>((byte*)tensor.Address + (first * size), destination.Length).CopyTo(destination);
            GC.KeepAlive(tensor.Storage);
            return;
        }

        for (var done = 0; done < destination.Length; done += size)
        {
            new ReadOnlySpan<byte>((byte*)tensor.Address + (Offset(tensor, first + (done / size)) * size), size)
                .CopyTo(destination[done..]);
        }

        GC.KeepAlive(tensor.Storage);
    }

    private static long Offset(TensorData tensor, long element)
    {
        var offset = 0L;
        for (var dimension = tensor.Shape.Length - 1; dimension >= 0; dimension--)
        {
            (element, var index) = Math.DivRem(element, tensor.Shape[dimension]);
            offset += index * tensor.Strides[dimension];
        }

        return offset;
    }
}
