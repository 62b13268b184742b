using static TorchSharp.torch;

namespace Fulgurite.Strategies;

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
