using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Creates tensors from values, in memory that libtorch allocates and aligns to 64 bytes.</summary>
/// <remarks>
/// <c>torch.tensor(array)</c> pins a managed array instead, which is aligned to only 8 bytes. Matrix products select their kernel by
/// alignment, so equal values at differently aligned addresses may give results that differ in the last bits.
/// </remarks>
internal static unsafe class NativeTensor
{
    /// <summary>Copies values into a new CPU tensor. The caller, or its dispose scope, owns the result.</summary>
    /// <typeparam name="T">The type of the values: float, double, bool, byte or long.</typeparam>
    /// <param name="values">The values, in row-major order.</param>
    /// <param name="shape">The size of each dimension.</param>
    /// <exception cref="ArgumentException">The number of values does not match the shape.</exception>
    public static Tensor Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (TensorShape.ElementCount(shape) != values.Length)
        {
            throw new ArgumentException(
                $"{values.Length} values do not fill a tensor of shape [{string.Join(", ", shape.ToArray())}].", nameof(values));
        }

        var tensor = empty(shape, dtype: TypeOf<T>(), device: CPU);
        if (values.Length > 0)
        {
            values.CopyTo(new Span<T>((void*)AddressOf(tensor), values.Length));
            GC.KeepAlive(tensor);
        }

        return tensor;
    }

    /// <summary>Returns the address of the first element of a nonempty CPU tensor.</summary>
    public static nint AddressOf(Tensor tensor)
    {
        if (NativeLayout.AddressOf(tensor) is not 0 and var address)
        {
            return address;
        }

        if (tensor.numel() * tensor.ElementSize <= int.MaxValue && tensor.is_contiguous())
        {
            return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
        }

        // A view of one element works for every shape, stride and size; requesting all bytes does not.
        using var _ = no_grad();
        using var first = tensor.as_strided([1], [1], tensor.storage_offset());
        return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    private static ScalarType TypeOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        TypeCode.Boolean => ScalarType.Bool,
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.Int64 => ScalarType.Int64,
        _ => throw new NotSupportedException($"Tensors of {typeof(T).Name} are not supported."),
    };
}
