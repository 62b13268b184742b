using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Copies the elements of a <see cref="TensorData"/> in row-major order without gaps.</summary>
internal static unsafe class StridedCopy
{
    /// <summary>Copies the elements into memory of matching length.</summary>
    public static void Gather(TensorData source, Span<byte> destination)
    {
        fixed (byte* target = destination)
        {
            Gather(source, target);
        }
    }

    /// <summary>Copies the elements into a contiguous CPU tensor of the same type and shape.</summary>
    public static void Gather(TensorData source, Tensor destination)
    {
        if (source.ElementCount == 0)
        {
            return;
        }

        Gather(source, (byte*)NativeTensor.AddressOf(destination));
        GC.KeepAlive(destination);
    }

    private static void Gather(TensorData source, byte* target)
    {
        if (source.ElementCount == 0)
        {
            return;
        }

        if (source.IsContiguous)
        {
            CopyBytes(source, 0, target, source.ByteLength);
        }
        else
        {
            var address = (byte*)source.Address;
            var size = source.Type.ElementByteSize();
            CopyDimension(ref address, ref target, source.Shape, source.Strides, size);
        }

        GC.KeepAlive(source.Storage);
    }

    /// <summary>Copies a range of bytes of a contiguous tensor, directly from the file if they are not loaded yet.</summary>
    public static void CopyBytes(TensorData source, long start, byte* target, long length)
    {
        const int longest = 1 << 30;
        var offset = (source.StorageOffset * source.Type.ElementByteSize()) + start;
        for (var done = 0L; done < length;)
        {
            var piece = new Span<byte>(target + done, (int)Math.Min(longest, length - done));
            if (!source.Storage.TryRead(offset + done, piece))
            {
                Buffer.MemoryCopy((byte*)source.Address + start + done, target + done, length - done, length - done);
                return;
            }

            done += piece.Length;
        }
    }

    private static void CopyDimension(ref byte* source, ref byte* target, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, int size)
    {
        if (shape.IsEmpty)
        {
            Buffer.MemoryCopy(source, target, size, size);
            target += size;
            return;
        }

        var row = source;
        for (var index = 0L; index < shape[0]; index++)
        {
            var element = row;
            CopyDimension(ref element, ref target, shape[1..], strides[1..], size);
            row += strides[0] * size;
        }
    }
}
