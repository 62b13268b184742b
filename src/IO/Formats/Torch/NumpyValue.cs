using System.Buffers.Binary;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Converts pickled NumPy scalars and arrays, which Lightning stores in metrics and random states.</summary>
internal static class NumpyValue
{
    /// <summary>Returns the value; null for an unknown kind.</summary>
    public static StateValue? TryBuild(PickleObject made) => made.Callable.Name switch
    {
        "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar"
            when made.Arguments.Items is [PickleObject type, var data] && PickledBytes.TryGet(data) is { } bytes =>
            TypeOf(type) is { } known && bytes.Length == known.ElementByteSize() ? Scalar(known, bytes) : null,
        "numpy.core.multiarray._reconstruct" or "numpy._core.multiarray._reconstruct"
            when made.State is PickleTuple
            {
                Items: [_, PickleTuple shape, PickleObject type, bool isFortran, var data],
            } && PickledBytes.TryGet(data) is { } bytes =>
            TypeOf(type) is { } known ? Array(known, shape, isFortran, bytes) : null,
        _ => null,
    };

    private static StateValue? Scalar(ScalarType type, byte[] bytes) => type switch
    {
        ScalarType.Bool => bytes[0] != 0,
        ScalarType.Byte => (long)bytes[0],
        ScalarType.Int8 => (long)(sbyte)bytes[0],
        ScalarType.Int16 => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ScalarType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ScalarType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ScalarType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        ScalarType.Float32 => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
        ScalarType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => null,
    };

    private static TensorData? Array(ScalarType type, PickleTuple sizes, bool isFortran, byte[] bytes)
    {
        var shape = new long[sizes.Items.Length];
        var count = 1L;
        for (var index = 0; index < shape.Length; index++)
        {
            if (sizes.Items[index] is not long size || size < 0 || (size > 0 && count > bytes.Length / size))
            {
                return null;
            }

            shape[index] = size;
            count *= size;
        }

        if (count * type.ElementByteSize() != bytes.Length)
        {
            return null;
        }

        var strides = new long[shape.Length];
        var stride = 1L;
        for (var step = 0; step < shape.Length; step++)
        {
            var index = isFortran ? step : shape.Length - 1 - step;
            strides[index] = stride;
            stride *= Math.Max(shape[index], 1);
        }

        var storage = new HostTensorStorage(bytes.Length);
        bytes.CopyTo(storage.GetWritableBytes(0, bytes.Length));
        return new TensorData(storage, type, shape, strides);
    }

    /// <summary>Returns the type described by <c>numpy.dtype('f4', False, True)</c> with little-endian state.</summary>
    private static ScalarType? TypeOf(PickleObject type)
    {
        if (type.Callable.Name is not "numpy.dtype" || type.Arguments.Items is not [string code, ..])
        {
            return null;
        }

        var isLittle = type.State is not PickleTuple { Items: [_, string order, ..] } || order is "<" or "|" or "=";
        return !isLittle ? null : code switch
        {
            "b1" => ScalarType.Bool,
            "u1" => ScalarType.Byte,
            "i1" => ScalarType.Int8,
            "i2" => ScalarType.Int16,
            "i4" => ScalarType.Int32,
            "i8" => ScalarType.Int64,
            "f2" => ScalarType.Float16,
            "f4" => ScalarType.Float32,
            "f8" => ScalarType.Float64,
            "c8" => ScalarType.ComplexFloat32,
            "c16" => ScalarType.ComplexFloat64,
            _ => null,
        };
    }
}
