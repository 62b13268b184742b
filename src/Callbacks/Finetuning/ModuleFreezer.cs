using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Freezes and thaws parts of a module.</summary>
/// <remarks>
/// A frozen parameter gets no gradient and no optimizer changes it. A batch norm that is frozen too is in evaluation mode, so that its
/// statistics stay as they are.
/// </remarks>
public static class ModuleFreezer
{
    /// <summary>Freezes the parameters of a module and of all its parts.</summary>
    /// <param name="module">The module.</param>
    /// <param name="trainBatchNorm">Whether batch norms go on being trained. Default: true.</param>
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

    /// <summary>Makes the parameters of a module and of all its parts trained again, and puts its batch norms into training mode.</summary>
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

    /// <summary>Returns the parameters of a module that are trained at present, to be given to an optimizer.</summary>
    /// <param name="module">The module.</param>
    /// <param name="includeBatchNorm">Whether those of batch norms are among them. Default: true.</param>
    public static IEnumerable<Parameter> TrainedParameters(nn.Module module, bool includeBatchNorm = true)
    {
        ArgumentNullException.ThrowIfNull(module);

        // A list: TorchSharp's optimizers enumerate what they are given in every step, and a query would yield others once a part is unfrozen.
        return
        [
            .. WithParts(module)
                .Where(part => includeBatchNorm || part is not BatchNorm)
                .SelectMany(part => part.parameters(recurse: false))
                .Where(parameter => parameter.requires_grad)
                .Distinct<Parameter>(ReferenceEqualityComparer.Instance),
        ];
    }

    internal static IEnumerable<nn.Module> WithParts(nn.Module module) => module.modules().Prepend(module).Distinct<nn.Module>(ReferenceEqualityComparer.Instance);

    private static void SetTrained(nn.Module part, bool trained)
    {
        foreach (var parameter in part.parameters(recurse: false))
        {
            parameter.requires_grad = trained;
        }
    }
}
