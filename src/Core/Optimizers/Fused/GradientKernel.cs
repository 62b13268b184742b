using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What is asked of values before a step, in one read without memory of its own.</summary>
internal static unsafe class GradientKernel
{
    /// <summary>The sum of squares of a run of elements, in float64 and always in the same order.</summary>
    public static double SumOfSquares(ScalarType type, nint address, long start, long count) => type switch
    {
        ScalarType.Float32 => SumOfSquares((float*)address + start, count),
        ScalarType.Float64 => SumOfSquares((double*)address + start, count),
        _ => BFloat16Step.SumOfSquares((ushort*)address + start, count),
    };

    /// <summary>Whether a run of elements is finite.</summary>
    public static bool AreFinite(ScalarType type, nint address, long start, long count) => type switch
    {
        ScalarType.Float32 => AreFinite((float*)address + start, count),
        ScalarType.Float64 => AreFinite((double*)address + start, count),

        // Squares in float64 of numbers in float32 are finite if these are.
        _ => double.IsFinite(BFloat16Step.SumOfSquares((ushort*)address + start, count)),
    };

    /// <summary>Whether all elements of a tensor are finite.</summary>
    /// <returns>null where the kernel does not reach them: on other devices, in other types, sparse, or not contiguous.</returns>
    public static bool? AreFinite(Tensor tensor)
    {
        if (tensor.is_sparse || tensor.device_type != DeviceType.CPU || tensor.dtype is not (ScalarType.Float32 or ScalarType.Float64)
            || !TorchNative.IsContiguous(tensor.Handle))
        {
            return null;
        }

        var address = TorchNative.Data(tensor.Handle);
        var areFinite = tensor.dtype == ScalarType.Float32
            ? AreFinite((float*)address, tensor.numel())
            : AreFinite((double*)address, tensor.numel());
        GC.KeepAlive(tensor);
        return areFinite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumOfSquares(float* values, long count)
    {
        Vector512<double> first = Vector512<double>.Zero, second = Vector512<double>.Zero;
        long index = 0;
        for (; index <= count - Vector512<float>.Count; index += Vector512<float>.Count)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Load(values + index));
            first = Vector512.FusedMultiplyAdd(lower, lower, first);
            second = Vector512.FusedMultiplyAdd(upper, upper, second);
        }

        return AddRest(Total(first, second), values, index, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfSquares(double* values, long count)
    {
        Vector512<double> first = Vector512<double>.Zero, second = Vector512<double>.Zero;
        long index = 0;
        for (; index <= count - (2 * Vector512<double>.Count); index += 2 * Vector512<double>.Count)
        {
            Vector512<double> lower = Vector512.Load(values + index), upper = Vector512.Load(values + index + Vector512<double>.Count);
            first = Vector512.FusedMultiplyAdd(lower, lower, first);
            second = Vector512.FusedMultiplyAdd(upper, upper, second);
        }

        return AddRest(Total(first, second), values, index, count);
    }

    /// <summary>Adds the squares of the last elements, which fill no vector.</summary>
    private static double AddRest<T>(double sum, T* values, long index, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (; index < count; index++)
        {
            var value = double.CreateTruncating(values[index]);
            sum = Math.FusedMultiplyAdd(value, value, sum);
        }

        return sum;
    }

    /// <summary>The lanes one after the other: the order of a sum over a vector is the processor's.</summary>
    private static double Total(Vector512<double> first, Vector512<double> second)
    {
        var lanes = first + second;
        var sum = 0.0;
        for (var lane = 0; lane < Vector512<double>.Count; lane++)
        {
            sum += lanes[lane];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AreFinite<T>(T* values, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // A finite number less itself is zero; another one is NaN, and stays it in a sum.
        var differences = Vector512<T>.Zero;
        long index = 0;
        for (; index <= count - Vector512<T>.Count; index += Vector512<T>.Count)
        {
            var value = Vector512.Load(values + index);
            differences += value - value;
        }

        var areFinite = Vector512.EqualsAll(differences, Vector512<T>.Zero);
        for (; index < count; index++)
        {
            areFinite &= T.IsFinite(values[index]);
        }

        return areFinite;
    }
}
