using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Assigns optimizer states to parameters and freezes parameter lists.</summary>
internal static class OptimizerParameters
{
    /// <summary>
    /// Replaces the parameters of every group by a list of the current ones, as PyTorch optimizers do when they are created.
    /// </summary>
    /// <remarks>
    /// TorchSharp stores the sequence as given and enumerates it in every step. <c>module.parameters()</c> then traverses the module tree
    /// each time, and a query such as <c>Where(p =&gt; p.requires_grad)</c> yields different parameters after a layer is frozen or
    /// unfrozen, for which the optimizer has no state.
    /// </remarks>
    public static void Fix(optim.Optimizer optimizer)
    {
        foreach (var group in optimizer.ParamGroups.OfType<ParamGroup>())
        {
            group.Parameters = [.. group.Parameters];
        }
    }

    /// <summary>Pairs the parameters of a TorchSharp optimizer with their states.</summary>
    /// <returns>The pairs, or null if a parameter has no state because it was replaced after the optimizer was created.</returns>
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

        // States are looked up by the address of the parameter, which a disposed parameter may have had; only the reference is conclusive.
        return pairs.TrueForAll(pair => ReferenceEquals(OwnerOf(pair.State), pair.Parameter)) ? pairs : null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_parameter")]
    private static extern ref Parameter OwnerOf(OptimizerState state);
}
