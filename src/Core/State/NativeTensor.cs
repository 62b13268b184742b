using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Makes tensors of values, in memory that libtorch allocates and aligns to 64 bytes.</summary>
/// <remarks>
/// <c>torch.tensor(array)</c> pins a managed array instead, which is aligned to 8 bytes only. Matrix products choose their kernel by alignment,
/// so that equal values at two such addresses may give results that differ in the last bits.
/// </remarks>
internal static unsafe class NativeTensor
{
    /// <summary>Copies values into a new tensor on the CPU. The caller, or its dispose scope, owns it.</summary>
    /// <typeparam name="T">The type of the values: float, double, bool, byte or long.</typeparam>
    /// <param name="values">The values, row after row.</param>
    /// <param name="shape">The size of each dimension.</param>
    /// <exception cref="ArgumentException">There are too few or too many values.</exception>
    public static Tensor Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (TensorShape.ElementCount(shape) != values.Length)
        {
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape [{string.Join(", ", shape.ToArray())}].", nameof(values));
        }

        var tensor = empty(shape, dtype: TypeOf<T>(), device: CPU);
        if (values.Length > 0)
        {
            values.CopyTo(new Span<T>((void*)AddressOf(tensor), values.Length));
            GC.KeepAlive(tensor);
        }

        return tensor;
    }

    /// <summary>Where the first element of a tensor on the CPU is in memory. The tensor has one.</summary>
    public static nint AddressOf(Tensor tensor)
    {
        // A window of one element works for every shape, stride and size; asking for all bytes works for few.
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
        _ => throw new NotSupportedException($"There is no tensor of {typeof(T).Name}."),
    };
}
