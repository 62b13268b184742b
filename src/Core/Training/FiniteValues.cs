using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Looks for numbers that are none, and for infinite ones.</summary>
internal static class FiniteValues
{
    public static bool AreAll(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (tensor.is_sparse)
        {
            tensor = SparseTensors.CoalescedValues(tensor);
        }

        return tensor.numel() == 0 || !(tensor.is_floating_point() || tensor.is_complex()) || tensor.isfinite().all().cpu().item<bool>();
    }

    /// <summary>How many there are of which kind, as <c>3 nan and 1 infinite of 64</c>.</summary>
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

/// <summary>A loss, a gradient or a parameter is no finite number (<see cref="TrainerOptions.DetectAnomaly"/>).</summary>
public sealed class NonFiniteValueException : ArithmeticException
{
    /// <summary>Makes one.</summary>
    /// <param name="message">Which tensor, where in the run, and what to do.</param>
    /// <param name="tensor">The name of the tensor in the module; null for the loss.</param>
    /// <param name="globalStep">The number of optimizer steps done before.</param>
    /// <param name="innerException">The error of libtorch, or null.</param>
    public NonFiniteValueException(string message, string? tensor, long globalStep, Exception? innerException = null)
        : base(message, innerException) => (Tensor, GlobalStep) = (tensor, globalStep);

    /// <summary>The name of the tensor in the module, such as <c>encoder.0.weight</c>; null for the loss.</summary>
    public string? Tensor { get; }

    /// <summary>The number of optimizer steps done before.</summary>
    public long GlobalStep { get; }
}
