using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Copies the elements of a <see cref="TensorData"/> row after row without gaps.</summary>
internal static unsafe class StridedCopy
{
    /// <summary>Copies into memory of the right length.</summary>
    public static void Gather(TensorData source, Span<byte> destination)
    {
        fixed (byte* target = destination)
        {
            Gather(source, target);
        }
    }

    /// <summary>Copies into a contiguous tensor on the CPU of the same type and shape.</summary>
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

        var address = (byte*)source.Address;
        if (source.IsContiguous)
        {
            Buffer.MemoryCopy(address, target, source.ByteLength, source.ByteLength);
        }
        else
        {
            var size = source.Type.ElementByteSize();
            CopyDimension(ref address, ref target, source.Shape, source.Strides, size);
        }

        GC.KeepAlive(source.Storage);
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
