using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The element type that a model computes in.</summary>
/// <remarks>Whole numbers and truth values, in a module or in a batch, keep their types.</remarks>
public enum Precision
{
    /// <summary>Parameters, buffers and batches in 32 bits.</summary>
    Float32,

    /// <summary>Parameters, buffers and batches in 64 bits: to tell errors of rounding from errors of the model.</summary>
    Float64,

    /// <summary>
    /// Parameters, buffers and batches in bfloat16: half the memory of <see cref="Float32"/>, its range, and three significant digits. The
    /// optimizer steps in bfloat16 too.
    /// </summary>
    BFloat16,

    /// <summary>Parameters in 32 bits, some operations in bfloat16. Needs autocast, which TorchSharp does not have.</summary>
    MixedBFloat16,

    /// <summary>Parameters in 32 bits, some operations in float16, and a scaled loss. Needs autocast, which TorchSharp does not have.</summary>
    MixedFloat16,
}

/// <summary>What a <see cref="Precision"/> means for tensors.</summary>
public static class PrecisionExtensions
{
    /// <summary>Whether parameters stay in 32 bits while some operations compute in fewer.</summary>
    /// <param name="precision">The precision.</param>
    public static bool IsMixed(this Precision precision) => precision is Precision.MixedBFloat16 or Precision.MixedFloat16;

    /// <summary>The element type of parameters, and of the fractional numbers of a batch.</summary>
    /// <param name="precision">The precision.</param>
    public static ScalarType ElementType(this Precision precision) => precision switch
    {
        Precision.Float64 => ScalarType.Float64,
        Precision.BFloat16 => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };
}

/// <summary>How a precision is refused.</summary>
internal static class PrecisionMessages
{
    public static string Unsupported(Precision precision, Type strategy) => precision.IsMixed()
        ? $"TrainerOptions.Precision is {precision}, and {strategy.Name} cannot compute parts of a model in another type than its parameters: TorchSharp has no autocast. Use {nameof(Precision.BFloat16)} for half the memory, or {nameof(Precision.Float32)}; a model may also convert tensors in its forward."
        : $"TrainerOptions.Precision is {precision}, and {strategy.Name} does not support it. Use {nameof(Precision.Float32)}, or another strategy.";
}
