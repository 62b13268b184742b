using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The parameters of an optimizer: which state belongs to which, and a list that stays the same.</summary>
internal static class OptimizerParameters
{
    /// <summary>Replaces the parameters of every group by a list of what they are now, as PyTorch's optimizers do when they are made.</summary>
    /// <remarks>
    /// TorchSharp stores the sequence that it is given and enumerates it anew in every step. <c>module.parameters()</c> then walks the module tree
    /// each time, and a query such as <c>Where(p =&gt; p.requires_grad)</c> yields other parameters once a layer is frozen or unfrozen, for which
    /// the optimizer has no state.
    /// </remarks>
    public static void Fix(optim.Optimizer optimizer)
    {
        foreach (var group in optimizer.ParamGroups.OfType<ParamGroup>())
        {
            group.Parameters = [.. group.Parameters];
        }
    }

    /// <summary>Pairs the parameters of an optimizer of TorchSharp with their states.</summary>
    /// <returns>The pairs; null if a parameter has no state of its own, because it was replaced after the optimizer was made.</returns>
    public static List<(Parameter Parameter, OptimizerState State)>? TryPair(OptimizerHelper optimizer)
    {
        var parameters = optimizer.parameters().ToList();
        if (parameters.Exists(parameter => parameter.IsInvalid))
        {
            return null;
        }

        List<(Parameter Parameter, OptimizerState State)> pairs;
        try
        {
            pairs = [.. parameters.Zip(optimizer.state_dict().State)];
        }
        catch (KeyNotFoundException)
        {
            return null;
        }

        // States are looked up by the address of the parameter, which may be that of a disposed one: only the reference tells.
        return pairs.TrueForAll(pair => ReferenceEquals(OwnerOf(pair.State), pair.Parameter)) ? pairs : null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_parameter")]
    private static extern ref Parameter OwnerOf(OptimizerState state);
}
