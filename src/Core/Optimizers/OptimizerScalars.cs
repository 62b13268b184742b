using System.Runtime.InteropServices;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Numbers that PyTorch optimizers store as zero-dimensional tensors.</summary>
internal static class OptimizerScalars
{
    // A float32 tensor since PyTorch 1.12; beyond its exact integer range, a plain number, which PyTorch also reads.
    public static StateValue Step(long step) => step < 1L << 24 ? TensorData.FromValues<float>([(float)step], ScalarType.Float32) : step;

    // PyTorch uses float32; float64 loses no precision, and PyTorch reads it too.
    public static StateValue Number(double value) => TensorData.FromValues<double>([value], ScalarType.Float64);

    /// <exception cref="InvalidOperationException">The value is not a number.</exception>
    public static double Read(StateValue value, string path)
    {
        switch (value)
        {
            case StateInteger integer:
                return integer.Value;
            case StateReal real:
                return real.Value;
            case TensorData { ElementCount: 1, Type: ScalarType.Float32 or ScalarType.Float64 or ScalarType.Int64 } tensor:
                Span<byte> bytes = stackalloc byte[tensor.Type.ElementByteSize()];
                tensor.CopyTo(bytes);
                return tensor.Type switch
                {
                    ScalarType.Float32 => MemoryMarshal.Read<float>(bytes),
                    ScalarType.Float64 => MemoryMarshal.Read<double>(bytes),
                    _ => MemoryMarshal.Read<long>(bytes),
                };
            default:
                throw new InvalidOperationException($"{path} is {value} in it; expected a number.");
        }
    }
}
