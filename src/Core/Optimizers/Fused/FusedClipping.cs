using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Clips gradients to a total norm in the step of fused optimizers: gradients are read once more and are not written.
/// </summary>
internal static class FusedClipping
{
    /// <summary>As libtorch's function adds to the norm.</summary>
    private const double Epsilon = 1e-6;

    /// <summary>Scales gradients by the clipping factor in the next step of each optimizer.</summary>
    /// <param name="optimizers">All optimizers that step next.</param>
    /// <param name="parameterCount">How many different parameters they have.</param>
    /// <param name="largest">The largest norm of all gradients together.</param>
    /// <returns>false if a gradient or an optimizer is of another kind; then nothing was changed.</returns>
    public static bool TryClip(IReadOnlyList<optim.Optimizer> optimizers, int parameterCount, double largest)
    {
        // A factor of a step that never ran, as a hook threw, ends here.
        foreach (var optimizer in optimizers)
        {
            (optimizer as IFusedOptimizer)?.Stepper.ScaleNext(1);
        }

        var sum = 0.0;
        for (var index = 0; index < optimizers.Count; index++)
        {
            if (optimizers[index] is not IFusedOptimizer { Stepper: var stepper } || !stepper.TrySumGradientSquares(out var part))
            {
                return false;
            }

            sum += part;
            parameterCount -= stepper.ParameterCount;
        }

        if (parameterCount != 0)
        {
            // One is stepped by two optimizers, and would count twice.
            return false;
        }

        var factor = Math.Min(largest / (Math.Sqrt(sum) + Epsilon), 1);
        for (var index = 0; index < optimizers.Count; index++)
        {
            ((IFusedOptimizer)optimizers[index]).Stepper.ScaleNext(factor);
        }

        return true;
    }
}
