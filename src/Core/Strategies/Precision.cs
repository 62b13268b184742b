using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Specifies the element type of a model's computations.</summary>
/// <remarks>Integer and boolean tensors of a module or batch keep their types.</remarks>
public enum Precision
{
    /// <summary>Parameters, buffers and batches in float32.</summary>
    Float32,

    /// <summary>Parameters, buffers and batches in float64, to distinguish rounding errors from model errors.</summary>
    Float64,

    /// <summary>
    /// Parameters, buffers and batches in bfloat16: half the memory of <see cref="Float32"/>, the same range, and three significant digits.
    /// Optimizer steps are in bfloat16 too.
    /// </summary>
    BFloat16,

    /// <summary>
    /// Parameters, optimizer state and batches in float32; the steps of the module run under autocast, with products of matrices,
    /// convolutions and recurrent layers in bfloat16. Requires the autocast functions of libtorch, which its builds for Linux export;
    /// elsewhere it is rejected.
    /// </summary>
    MixedBFloat16,

    /// <summary>
    /// Parameters in float32, some operations in float16, and a scaled loss. Not supported: TorchSharp has no scaler of losses.
    /// </summary>
    MixedFloat16,
}

/// <summary>Extends <see cref="Precision"/>.</summary>
public static class PrecisionExtensions
{
    /// <summary>Returns whether parameters stay in float32 while some operations use fewer bits.</summary>
    /// <param name="precision">The precision.</param>
    public static bool IsMixed(this Precision precision) => precision is Precision.MixedBFloat16 or Precision.MixedFloat16;

    /// <summary>Returns the element type of parameters and of floating-point tensors of a batch.</summary>
    /// <param name="precision">The precision.</param>
    public static ScalarType ElementType(this Precision precision) => precision switch
    {
        Precision.Float64 => ScalarType.Float64,
        Precision.BFloat16 => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };
}

/// <summary>Messages for unsupported precisions.</summary>
internal static class PrecisionMessages
{
    /// <param name="precision">The precision.</param>
    /// <param name="strategy">The type of the strategy.</param>
    /// <param name="hasAutocast">Whether the running libtorch has <see cref="Autocast"/>.</param>
    public static string Unsupported(Precision precision, Type strategy, bool hasAutocast) => precision.IsMixed()
        ? $"TrainerOptions.Precision is {precision}, and {strategy.Name} does not support it: {Reason(precision, hasAutocast)}. "
        + $"Use {nameof(Precision.BFloat16)} for half the memory, or {nameof(Precision.Float32)}; "
        + "a model may also convert tensors in its forward."
        : $"TrainerOptions.Precision is {precision}, and {strategy.Name} does not support it. Use {nameof(Precision.Float32)}, "
        + "or another strategy.";

    private static string Reason(Precision precision, bool hasAutocast) =>
        precision == Precision.MixedFloat16 ? "TorchSharp cannot scale losses"
        : hasAutocast ? "it does not turn on autocast"
        : "the running libtorch does not export its autocast functions (those for Linux do)";
}
