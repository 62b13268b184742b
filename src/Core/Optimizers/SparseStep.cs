using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Steps optimizers with sparse gradients, or reports why they cannot.</summary>
internal sealed class SparseStep(IStrategy strategy, FitSession session)
{
    private readonly Dictionary<optim.Optimizer, DenseMomentum> _momenta = session.Optimizers.OfType<SGD>().ToDictionary(
        optim.Optimizer (optimizer) => optimizer, optimizer => new DenseMomentum(optimizer),
        (IEqualityComparer<optim.Optimizer>)ReferenceEqualityComparer.Instance);

    private readonly HashSet<optim.Optimizer> _checked = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="NotSupportedException">The optimizer cannot step with a sparse gradient; the message names the
    /// parameter.</exception>
    public void Step(optim.Optimizer optimizer)
    {
        // Checked before the first step, while nothing is changed; later gradients are of the same kind, or fail in libtorch.
        if (_checked.Add(optimizer) && Fault(optimizer) is { } fault)
        {
            throw new NotSupportedException(fault);
        }

        var momentum = _momenta.GetValueOrDefault(optimizer);
        momentum?.BeforeStep();
        try
        {
            strategy.OptimizerStep(optimizer);
        }
        catch (Exception exception) when (exception is ExternalException or ArgumentException or NotImplementedException
            && Fault(optimizer) is not null)
        {
            throw new NotSupportedException(Fault(optimizer), exception);
        }

        momentum?.AfterStep();
    }

    /// <summary>Returns why an optimizer cannot step; null if it can, or is not a TorchSharp optimizer.</summary>
    private string? Fault(optim.Optimizer optimizer)
    {
        foreach (var group in optimizer.ParamGroups.OfType<ParamGroup>())
        {
            var fused = (optimizer as IFusedOptimizer)?.Stepper;
            var fault = fused is not null ? fused.SparseFault(group.Options)
                : group.Options is SGD.Options { weight_decay: not (null or 0) and var decay }
                ? string.Create(CultureInfo.InvariantCulture, $"its weight_decay is {decay}. Set weight_decay to 0") : null;
            if (OptimizerLayouts.Of(group.Options) is null || (fault is null && (fused is not null || group.Options is SGD.Options)))
            {
                continue;
            }

            foreach (var parameter in group.Parameters)
            {
                using var gradient = parameter.grad;
                if (gradient is { is_sparse: true })
                {
                    var name = session.ParameterNames.GetValueOrDefault(parameter, "a parameter that is not the module's");
                    return fault is not null
                        ? $"The {optimizer.GetType().Name} of {session.Module.GetType().Name} cannot step with the sparse gradient of "
                        + $"'{name}': {fault} in the group of this parameter, "
                        + "or create the embedding with sparse: false."
                        : $"The {optimizer.GetType().Name} of {session.Module.GetType().Name} cannot step with sparse gradients, "
                        + $"and that of '{name}' is sparse. Create the embedding with sparse: false, or train this parameter with "
                        + "FusedAdam or SGD.";
                }
            }
        }

        return null;
    }
}
