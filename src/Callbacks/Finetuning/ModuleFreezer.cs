using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Freezes and unfreezes submodules.</summary>
/// <remarks>
/// A frozen parameter gets no gradient, and optimizers do not change it. A frozen batch norm is in evaluation mode, so its statistics do
/// not change.
/// </remarks>
public static class ModuleFreezer
{
    /// <summary>Freezes the parameters of a module and all its submodules.</summary>
    /// <param name="module">The module.</param>
    /// <param name="trainBatchNorm">True to keep training batch norms. The default is true.</param>
    public static void Freeze(nn.Module module, bool trainBatchNorm = true)
    {
        ArgumentNullException.ThrowIfNull(module);
        foreach (var part in WithParts(module))
        {
            var trains = trainBatchNorm && part is BatchNorm;
            SetTrained(part, trains);
            if (part is BatchNorm && !trains)
            {
                part.eval();
            }
        }
    }

    /// <summary>Unfreezes the parameters of a module and all its submodules, and switches its batch norms to training mode.</summary>
    /// <param name="module">The module.</param>
    public static void Unfreeze(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        foreach (var part in WithParts(module))
        {
            SetTrained(part, trained: true);
            if (part is BatchNorm)
            {
                part.train();
            }
        }
    }

    /// <summary>Returns the trained parameters of a module, for an optimizer.</summary>
    /// <param name="module">The module.</param>
    /// <param name="includeBatchNorm">True to include those of batch norms. The default is true.</param>
    public static IEnumerable<Parameter> TrainedParameters(nn.Module module, bool includeBatchNorm = true)
    {
        ArgumentNullException.ThrowIfNull(module);

        // A list: TorchSharp's optimizers enumerate the sequence in every step, and a query would change when a submodule is unfrozen.
        return
        [
            .. WithParts(module)
                .Where(part => includeBatchNorm || part is not BatchNorm)
                .SelectMany(part => part.parameters(recurse: false))
                .Where(parameter => parameter.requires_grad)
                .Distinct<Parameter>(ReferenceEqualityComparer.Instance),
        ];
    }

    internal static IEnumerable<nn.Module> WithParts(nn.Module module) =>
        module.modules().Prepend(module).Distinct<nn.Module>(ReferenceEqualityComparer.Instance);

    private static void SetTrained(nn.Module part, bool trained)
    {
        foreach (var parameter in part.parameters(recurse: false))
        {
            parameter.requires_grad = trained;
        }
    }
}
