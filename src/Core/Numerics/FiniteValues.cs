using static TorchSharp.torch;

namespace Fulgurite.Numerics;

/// <summary>Looks for numbers that are none, and for infinite ones.</summary>
internal static class FiniteValues
{
    public static bool AreAll(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return tensor.numel() == 0 || !(tensor.is_floating_point() || tensor.is_complex()) || tensor.isfinite().all().cpu().item<bool>();
    }

    /// <summary>How many there are of which kind, as <c>3 nan and 1 infinite of 64</c>.</summary>
    public static string Describe(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var nan = Count(tensor.isnan());
        var infinite = Count(tensor.isinf());
        return (nan, infinite) switch
        {
            (_, 0) => $"{nan} nan of {tensor.numel()}",
            (0, _) => $"{infinite} infinite of {tensor.numel()}",
            _ => $"{nan} nan and {infinite} infinite of {tensor.numel()}",
        };
    }

    private static long Count(Tensor flags) => flags.sum().cpu().item<long>();
}
