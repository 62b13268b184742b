namespace Fulgurite.Strategies;

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
