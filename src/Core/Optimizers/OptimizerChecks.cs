using TorchSharp.Modules;

namespace Fulgurite.Optimizers;

/// <summary>What is wrong with the optimizers of a module is said when a fit begins, not at its first step or its first save.</summary>
internal static class OptimizerChecks
{
    /// <exception cref="InvalidOperationException">An optimizer changes parameters that are gone.</exception>
    /// <exception cref="NotSupportedException">The trainer cannot step an optimizer, or its state is to be saved and cannot be.</exception>
    public static void Check(Trainer trainer, TrainingModule module, OptimizerSetup setup)
    {
        foreach (var optimizer in setup.Optimizers.Select(configuration => configuration.Optimizer))
        {
            var name = optimizer.GetType().Name;
            if (optimizer is not OptimizerHelper && module.AutomaticOptimization)
            {
                throw new NotSupportedException(
                    $"{name} computes losses itself, by a closure, which a trainer that optimizes automatically has not got. Optimize manually (AutomaticOptimization), or use another optimizer.");
            }

            if (trainer.CheckpointCallbacks.FirstOrDefault(callback => !callback.SavesWeightsOnly) is { } callback)
            {
                CheckState(optimizer, callback.GetType().Name);
            }

            CheckParameters(optimizer, name, module);
        }
    }

    private static void CheckState(TorchSharp.torch.optim.Optimizer optimizer, string callback)
    {
        try
        {
            OptimizerStates.CheckSupported(optimizer);
        }
        catch (NotSupportedException exception)
        {
            throw new NotSupportedException($"{callback} saves whole checkpoints, and one would not be whole. {exception.Message}", exception);
        }
    }

    private static void CheckParameters(TorchSharp.torch.optim.Optimizer optimizer, string name, TrainingModule module)
    {
        if (optimizer.parameters().Any(parameter => parameter.IsInvalid))
        {
            throw new InvalidOperationException(
                $"The {name} of {module.GetType().Name} changes parameters that are gone: moving a module to a device or a type replaces them. Make optimizers in ConfigureOptimizers, which runs after the move, of parameters().");
        }
    }
}
