using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Validates the optimizers of a module at the start of a fit rather than at the first step or save.</summary>
internal static class OptimizerChecks
{
    private const string Advice = "Create optimizers in ConfigureOptimizers, which runs after the move, from parameters().";

    /// <exception cref="InvalidOperationException">An optimizer was created before its parameters were replaced or moved.</exception>
    /// <exception cref="NotSupportedException">
    /// The trainer cannot step an optimizer, or a checkpoint callback requires an optimizer state that cannot be saved.
    /// </exception>
    public static void Check(Trainer trainer, TrainingModule module, OptimizerSetup setup)
    {
        foreach (var optimizer in setup.Optimizers.Select(configuration => configuration.Optimizer))
        {
            var name = optimizer.GetType().Name;
            if (optimizer is not OptimizerHelper && module.AutomaticOptimization)
            {
                throw new NotSupportedException(
                    $"{name} evaluates the loss in a closure, which automatic optimization does not support. Use manual optimization (AutomaticOptimization) or another optimizer.");
            }

            if (trainer.CheckpointCallbacks.FirstOrDefault(callback => !callback.SavesWeightsOnly) is { } callback)
            {
                CheckState(optimizer, callback.GetType().Name);
            }

            CheckParameters(optimizer, name, module);
        }
    }

    private static void CheckState(optim.Optimizer optimizer, string callback)
    {
        try
        {
            OptimizerStates.CheckSupported(optimizer);
        }
        catch (NotSupportedException exception)
        {
            throw new NotSupportedException($"{callback} saves complete checkpoints, which requires the optimizer state. {exception.Message}", exception);
        }
    }

    private static void CheckParameters(optim.Optimizer optimizer, string name, TrainingModule module)
    {
        var pairs = optimizer is OptimizerHelper helper && OptimizerStates.IsSupported(helper) ? OptimizerParameters.TryPair(helper) : [];
        if (pairs is null || optimizer.parameters().Any(parameter => parameter.IsInvalid) || HasLeftBehind(optimizer, module))
        {
            throw new InvalidOperationException(
                $"The {name} of {module.GetType().Name} references parameters that no longer exist: moving a module to another device or type replaces them. {Advice}");
        }

        foreach (var (parameter, state) in pairs)
        {
            foreach (var tensor in OptimizerStates.Tensors((OptimizerHelper)optimizer, state))
            {
                if (tensor.dtype != parameter.dtype || !SameDevice(tensor, parameter))
                {
                    throw new InvalidOperationException(
                        $"The {name} of {module.GetType().Name} was created before its module was moved: its state is {tensor.dtype} on {tensor.device}, but the parameter is {parameter.dtype} on {parameter.device}. {Advice}");
                }
            }
        }
    }

    /// <summary>
    /// Returns whether the optimizer has a stale parameter: one that does not belong to the module and is on a device without module
    /// parameters.
    /// </summary>
    private static bool HasLeftBehind(optim.Optimizer optimizer, TrainingModule module)
    {
        var own = module.parameters().ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        return own.Count > 0 && optimizer.parameters().Any(parameter => !own.Contains(parameter) && !own.Any(other => SameDevice(other, parameter)));
    }

    private static bool SameDevice(Tensor one, Tensor other) => one.device_type == other.device_type && one.device_index == other.device_index;
}
