using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

// What the factories share. The arguments of an operator that makes a tensor end with its type, layout and device.
public static unsafe partial class torch
{
    private static Tensor Make(string op, bool requires_grad, string[]? names, ScalarType? dtype, Device? device, long[] size) =>
        Make(op, requires_grad, names, size, Arg.Dtype(dtype), Arg.None, On(device));

    private static Tensor Make(string op, bool requires_grad, string[]? names, params ReadOnlySpan<Arg> arguments)
    {
        RefuseNames(names);
        var made = Op.Call(op, arguments);
        if (requires_grad)
        {
            made.requires_grad = true;
        }

        return made;
    }

    private static Tensor MakeRandom(
        string op, bool requires_grad, string[]? names, long[] size, ScalarType? dtype, Device? device, Generator? generator) =>
        generator is null
            ? Make(op, requires_grad, names, dtype, device, size)
            : Make(op == "rand" ? "rand.generator" : "randn.generator", requires_grad, names, size, generator, Arg.Dtype(dtype), Arg.None, On(device));

    /// <summary>Where a new tensor goes.</summary>
    /// <exception cref="InvalidOperationException">This libtorch, or this machine, has no such device.</exception>
    private static Device On(Device? device) => device is null ? DefaultDevice : InitializeDevice(device);

    private static void RefuseNames(string[]? names)
    {
        if (names is not null)
        {
            throw new NotSupportedException("Named dimensions are not part of this engine.");
        }
    }

    private static ScalarType TypeOf(Scalar value) => value.Type switch
    {
        ScalarType.Float64 => get_default_dtype(),
        ScalarType.ComplexFloat64 => ScalarType.ComplexFloat32,
        var exact => exact,
    };

    private static ScalarType TypeOf<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            return ScalarType.Float32;
        }

        return default(T) switch
        {
            bool => ScalarType.Bool,
            byte => ScalarType.Byte,
            sbyte => ScalarType.Int8,
            short => ScalarType.Int16,
            int => ScalarType.Int32,
            long => ScalarType.Int64,
            Half => ScalarType.Float16,
            double => ScalarType.Float64,
            ValueTuple<float, float> => ScalarType.ComplexFloat32,
            System.Numerics.Complex => ScalarType.ComplexFloat64,
            _ => throw new ArgumentException($"No tensor has elements of type {typeof(T).Name}."),
        };
    }

    private static Tensor Scalar<T>(T scalar, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged => FromSpan(new ReadOnlySpan<T>(in scalar), [], dtype, device, requires_grad, null);

    private static Tensor FromList<T>(
        IList<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged => values switch
        {
            null => throw new ArgumentNullException(nameof(values)),
            T[] array => FromSpan(array, dimensions, dtype, device, requires_grad, names),
            List<T> list => FromSpan(CollectionsMarshal.AsSpan(list), dimensions, dtype, device, requires_grad, names),
            _ => FromSpan(values.ToArray(), dimensions, dtype, device, requires_grad, names),
        };

    private static Tensor FromMemory<T>(
        Memory<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged => FromSpan(values.Span, dimensions, dtype, device, requires_grad, names);

    private static Tensor FromArray<T>(Array values, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        var dimensions = new long[values.Rank];
        for (var d = 0; d < dimensions.Length; d++)
        {
            dimensions[d] = values.GetLongLength(d);
        }

        ref var first = ref MemoryMarshal.GetArrayDataReference(values);
        var span = MemoryMarshal.CreateReadOnlySpan(ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(ref first), values.Length);
        return FromSpan(span, dimensions, dtype, device, requires_grad, names);
    }

    /// <summary>A tensor with a copy of the values, of the wanted type and on the wanted device.</summary>
    private static Tensor FromSpan<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged
    {
        RefuseNames(names);
        Tensor made;
        fixed (T* data = values)
        fixed (long* sizes = dimensions)
        {
            made = new Tensor(Native.Check(Native.fg_from_data(
                data, (long)values.Length * sizeof(T), sizes, dimensions.Length, (int)TypeOf<T>())));
        }

        device = On(device);
        if ((dtype is { } wanted && wanted != TypeOf<T>()) || device.type != DeviceType.CPU)
        {
            var raw = made;
            made = raw.to(dtype ?? TypeOf<T>(), device);
            raw.Dispose();
        }

        if (requires_grad)
        {
            made.requires_grad = true;
        }

        return made;
    }
}
