using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>Creates sample states that cover everything a checkpoint can contain.</summary>
public static class SampleStates
{
    /// <summary>Returns a captured state with every kind of value, all element types, and empty, tied and strided tensors.</summary>
    /// <param name="step">A number that distinguishes states.</param>
    public static TrainingState Everything(int step)
    {
        var shared = new HostTensorStorage(24 * sizeof(float));
        Fill<float>(shared, step);
        var tensors = new StateMap
        {
            ["tied.a"] = new TensorData(shared, ScalarType.Float32, [4, 6], [6, 1]),
            ["tied.b"] = new TensorData(shared, ScalarType.Float32, [4, 6], [6, 1]),
            ["view.transposed"] = new TensorData(shared, ScalarType.Float32, [6, 4], [1, 6]),
            ["view.part"] = new TensorData(shared, ScalarType.Float32, [2, 3], [6, 1], 8),
            ["empty"] = TensorData.FromValues<float>([], ScalarType.Float32, 0, 3),
            ["number"] = TensorData.FromValues([step + 0.5], ScalarType.Float64),
            ["large"] = Large(step),
        };
        AddTypes(tensors, step);
        return TrainingState.Captured(new StateMap
        {
            ["epoch"] = step / 10,
            ["global_step"] = step,
            ["state_dict"] = tensors,
            ["loops"] = new StateMap
            {
                ["text"] = "längs\n\"quoted\" 漢字 😀",
                ["nothing"] = StateValue.Null,
                ["yes"] = true,
                ["no"] = false,
            },
            ["numbers"] = new StateList([long.MinValue, long.MaxValue, 0.1, double.NaN, double.NegativeInfinity, -0.0]),
            ["tuple"] = new StateList([1, "two"], isTuple: true),
            ["bytes"] = new StateBytes(new byte[] { 0, 1, 2, 255 }),
            ["optimizer_states"] = new StateList([new StateMap { ["state"] = new StateMap { [0L] = new StateMap { ["step"] = step } } }]),
        });
    }

    /// <summary>Returns a captured state of one number and one small tensor that identify the save.</summary>
    /// <param name="step">The number.</param>
    public static TrainingState Small(int step) => TrainingState.Captured(new StateMap
    {
        ["global_step"] = step,
        ["state_dict"] = new StateMap { ["weight"] = TensorData.FromValues([step, step + 1f, step + 2f], ScalarType.Float32, 3) },
    });

    /// <summary>Returns the step passed to <see cref="Small"/>, <see cref="Everything"/> or <see cref="Live"/>.</summary>
    /// <param name="state">The state.</param>
    public static int StepOf(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return (int)state["global_step"].AsInteger();
    }

    /// <summary>Returns a live state of one number and one tensor in memory that a test changes.</summary>
    /// <param name="memory">The memory of the tensor.</param>
    /// <param name="step">The number.</param>
    public static TrainingState Live(LiveMemory memory, int step)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return new TrainingState(new StateMap { ["global_step"] = step, ["state_dict"] = new StateMap { ["weight"] = memory.AsTensor() } });
    }

    private static TensorData Large(int step)
    {
        var storage = new HostTensorStorage(70_000 * sizeof(int));
        Fill<int>(storage, step);
        return new TensorData(storage, ScalarType.Int32, [70, 1000], [1000, 1]);
    }

    private static void AddTypes(StateMap tensors, int step)
    {
        tensors["types.bool"] = TensorData.FromValues([true, false, step % 2 == 0], ScalarType.Bool, 3);
        tensors["types.uint8"] = TensorData.FromValues<byte>([0, 255, (byte)step], ScalarType.Byte, 3);
        tensors["types.int8"] = TensorData.FromValues<sbyte>([-128, 127, (sbyte)(step % 100)], ScalarType.Int8, 3);
        tensors["types.int16"] = TensorData.FromValues<short>([short.MinValue, (short)step], ScalarType.Int16, 2);
        tensors["types.int64"] = TensorData.FromValues([long.MinValue, step], ScalarType.Int64, 2, 1);
        tensors["types.float16"] = TensorData.FromValues([(Half)1.5, Half.NaN, (Half)step], ScalarType.Float16, 3);
        tensors["types.bfloat16"] = TensorData.FromValues<ushort>([0x3FC0, 0x7FC0, (ushort)step], ScalarType.BFloat16, 3);
        tensors["types.float64"] = TensorData.FromValues([Math.PI, double.NaN, step], ScalarType.Float64, 3);
    }

    private static unsafe void Fill<T>(HostTensorStorage storage, int step)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(storage.GetWritableBytes(0, (int)storage.ByteLength));
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = T.CreateTruncating((index * 31) + step);
        }
    }
}
