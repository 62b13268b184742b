using System.Runtime.InteropServices;

namespace Fulgurite.Tests.IO;

/// <summary>States for tests that do not need libtorch.</summary>
internal static class StateSamples
{
    /// <summary>Every element type that TorchSharp has.</summary>
    public static readonly ScalarType[] Types =
    [
        ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64, ScalarType.Float16, ScalarType.Float32,
        ScalarType.Float64,
        ScalarType.ComplexFloat32, ScalarType.ComplexFloat64, ScalarType.Bool, ScalarType.BFloat16,
    ];

    /// <summary>Shapes of every kind: a number, empty, a vector, more dimensions.</summary>
    public static readonly long[][] Shapes = [[], [0], [1], [7], [3, 0, 2], [2, 3], [4, 1, 5], [2, 3, 2, 2]];

    /// <summary>A contiguous tensor whose bytes follow from the seed; booleans are 0 and 1.</summary>
    public static TensorData Tensor(ScalarType type, int seed, params long[] shape)
    {
        var count = shape.Aggregate(1L, (left, right) => left * right);
        var bytes = new byte[count * type.ElementByteSize()];
        new Random(seed).NextBytes(bytes);
        if (type == ScalarType.Bool)
        {
            for (var index = 0; index < bytes.Length; index++)
            {
                bytes[index] &= 1;
            }
        }

        return TensorData.FromValues<byte>(bytes, type, shape);
    }

    /// <summary>The numbers 0, 1, 2, ... as floats in a storage of their own.</summary>
    public static HostTensorStorage Floats(int count)
    {
        var storage = new HostTensorStorage(count * sizeof(float));
        var values = MemoryMarshal.Cast<byte, float>(storage.GetWritableBytes(0, count * sizeof(float)));
        for (var index = 0; index < count; index++)
        {
            values[index] = index;
        }

        return storage;
    }

    /// <summary>A state with every kind of value, every type and shape, views, and tied tensors.</summary>
    public static TrainingState Everything()
    {
        StateValue[] integers =
        [
            0, 1, 255, 256, 65535, 65536, -1, -129, int.MaxValue, int.MinValue, 1L << 31, long.MaxValue, long.MinValue,
        ];
        StateValue[] reals =
        [
            0.0, -0.0, 1.5, Math.PI, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue,
        ];
        static StateList Tuple(params StateValue[] values) => new(values, isTuple: true);
        var root = new StateMap
        {
            { "none", StateValue.Null },
            { "booleans", new StateList([true, false]) },
            { "integers", new StateList(integers) },
            { "reals", new StateList(reals) },
            { "texts", new StateList([string.Empty, "plain", "Grüße, 世界, 🌩", "tab\tquote\"line\nend\0", "half \uD83C pair"]) },
            { "bytes", new StateBytes(new byte[] { 0, 1, 127, 128, 255 }) },
            { "empty_map", new StateMap() },
            { "empty_list", new StateList() },
            { "tuples", new StateList([Tuple(), Tuple(1), Tuple(0.9, 0.999), Tuple(1, 2, 3, 4)]) },
            { "numbers", new StateMap { { 0, "zero" }, { 7, "seven" }, { -3, "minus three" }, { 1L << 40, "large" } } },
            { "nested", new StateMap { { "list", new StateList([new StateMap { { "a", 1 } }, new StateList([new StateList([2])])]) } } },
            { "long_list", new StateList(Enumerable.Range(0, 2500).Select(index => (StateValue)index)) },
        };
        var tensors = new StateMap();
        foreach (var type in Types)
        {
            foreach (var shape in Shapes)
            {
                tensors.Add($"{type}[{string.Join(',', shape)}]", Tensor(type, tensors.Count + 1, shape));
            }
        }

        root.Add("state_dict", tensors);
        root.Add("views", Views());
        return new TrainingState(root);
    }

    private static StateMap Views()
    {
        var storage = Floats(24);
        return new StateMap
        {
            { "whole", new TensorData(storage, ScalarType.Float32, [4, 6], [6, 1]) },
            { "transposed", new TensorData(storage, ScalarType.Float32, [6, 4], [1, 6]) },
            { "tied", new TensorData(storage, ScalarType.Float32, [4, 6], [6, 1]) },
            { "row", new TensorData(storage, ScalarType.Float32, [6], [1], 12) },
            { "every_second", new TensorData(storage, ScalarType.Float32, [12], [2]) },
            { "repeated", new TensorData(storage, ScalarType.Float32, [5, 6], [0, 1], 6) },
        };
    }
}
