using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Detects NaN and infinite values.</summary>
internal static class FiniteValues
{
    public static bool AreAll(Tensor tensor)
    {
        if (GradientKernel.AreFinite(tensor) is { } areFinite)
        {
            return areFinite;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (tensor.is_sparse)
        {
            tensor = SparseTensors.CoalescedValues(tensor);
        }

        return tensor.numel() == 0 || !(tensor.is_floating_point() || tensor.is_complex()) || tensor.isfinite().all().cpu().item<bool>();
    }

    /// <summary>Returns the number of values of each kind, as <c>3 nan and 1 infinite of 64</c>.</summary>
    public static string Describe(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var values = tensor.is_sparse ? SparseTensors.CoalescedValues(tensor) : tensor;
        var nan = Count(values.isnan());
        var infinite = Count(values.isinf());
        return (nan, infinite) switch
        {
            (_, 0) => $"{nan} nan of {tensor.numel()}",
            (0, _) => $"{infinite} infinite of {tensor.numel()}",
            _ => $"{nan} nan and {infinite} infinite of {tensor.numel()}",
        };
    }

    private static long Count(Tensor flags) => flags.sum().cpu().item<long>();
}

/// <summary>
/// The exception that is thrown when a loss, gradient or parameter is not finite (<see cref="TrainerOptions.DetectAnomaly"/>).
/// </summary>
public sealed class NonFiniteValueException : ArithmeticException
{
    /// <summary>Initializes a new instance of the <see cref="NonFiniteValueException"/> class.</summary>
    /// <param name="message">The message, with the tensor, the position in the run and the remedy.</param>
    /// <param name="tensor">The name of the tensor in the module; null for the loss.</param>
    /// <param name="globalStep">The number of completed optimizer steps.</param>
    /// <param name="innerException">The libtorch error, or null.</param>
    public NonFiniteValueException(string message, string? tensor, long globalStep, Exception? innerException = null)
        : base(message, innerException) => (Tensor, GlobalStep) = (tensor, globalStep);

    /// <summary>Gets the name of the tensor in the module, such as <c>encoder.0.weight</c>; null for the loss.</summary>
    public string? Tensor { get; }

    /// <summary>Gets the number of completed optimizer steps.</summary>
    public long GlobalStep { get; }
}
