using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Validates the optimizers of a module at the start of a fit rather than at the first step or save.</summary>
internal static partial class OptimizerChecks
{
    private const string Registration =
        "End the constructor with RegisterComponents(), which registers the fields that hold modules and parameters; "
            + "for collections use ModuleList, ModuleDict or register_module.";

    private const string Advice = "Create optimizers in ConfigureOptimizers, which runs after the move, from parameters().";

    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="setup">Its optimizers.</param>
    /// <param name="own">Its parameters, with their names.</param>
    /// <exception cref="InvalidOperationException">
    /// There is nothing to train, or an optimizer has foreign parameters, or was created before its parameters were replaced or moved.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The trainer cannot step an optimizer, or a checkpoint callback requires an optimizer state that cannot be saved.
    /// </exception>
    public static void Check(
        Trainer trainer, TrainingModule module, OptimizerSetup setup, IReadOnlyDictionary<Parameter, string> own)
    {
        if (setup is null)
        {
            throw new InvalidOperationException(
                $"ConfigureOptimizers of {module.GetType().Name} returned null. Return an optimizer, e.g. optim.SGD(parameters(), 0.1).");
        }

        CheckModule(trainer, module, own.Count > 0);
        foreach (var optimizer in setup.Optimizers.Select(configuration => configuration.Optimizer))
        {
            var name = optimizer.GetType().Name;
            if (optimizer is not OptimizerHelper && module.AutomaticOptimization)
            {
                throw new NotSupportedException(
                    $"{name} evaluates the loss in a closure, which automatic optimization does not support. "
                        + "Use manual optimization (AutomaticOptimization) or another optimizer.");
            }

            if (trainer.CheckpointCallbacks.FirstOrDefault(callback => !callback.SavesWeightsOnly) is { } callback)
            {
                CheckState(optimizer, callback.GetType().Name);
            }

            CheckParameters(optimizer, name, module, own);

            // With manual optimization, a module without parameters may train other objects.
            if (own.Count > 0 || module.AutomaticOptimization)
            {
                CheckTrained(optimizer, name, module, own);
            }
        }
    }

    /// <summary>Detects a module without parameters, and unregistered parts of a module.</summary>
    private static void CheckModule(Trainer trainer, TrainingModule module, bool hasParameters)
    {
        var unregistered = RegisteredFields.Unregistered(module);
        if (unregistered.Count > 0 && hasParameters)
        {
            LogUnregistered(trainer.Log, module.GetType().Name, string.Join(", ", unregistered));
        }
        else if (unregistered.Count > 0)
        {
            throw new InvalidOperationException(
                $"{module.GetType().Name} has no parameters, because these fields are not registered: {string.Join(", ", unregistered)}. "
                    + $"{Registration}");
        }
        else if (!hasParameters && module.AutomaticOptimization)
        {
            throw new InvalidOperationException(
                $"{module.GetType().Name} has no parameters, so there is nothing to train. {Registration} "
                    + "A module that is disposed has none.");
        }
    }

    private static void CheckTrained(
        optim.Optimizer optimizer, string name, TrainingModule module, IReadOnlyDictionary<Parameter, string> own)
    {
        var trained = optimizer.parameters().ToList();
        if (trained.Count == 0)
        {
            throw new InvalidOperationException(
                $"The {name} of {module.GetType().Name} has an empty parameter list and would train nothing. {Advice}");
        }

        // Native optimizers return their parameters as separate objects.
        if (optimizer is OptimizerHelper && !trained.Exists(own.ContainsKey))
        {
            throw new InvalidOperationException(
                $"The {name} of {module.GetType().Name} trains none of its parameters: all {trained.Count} do not belong to the module. "
                    + $"{Advice} To train another module, register it in this one.");
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
            throw new NotSupportedException(
                $"{callback} saves complete checkpoints, which requires the optimizer state. {exception.Message}", exception);
        }
    }

    private static void CheckParameters(
        optim.Optimizer optimizer, string name, TrainingModule module, IReadOnlyDictionary<Parameter, string> own)
    {
        var pairs = optimizer is OptimizerHelper helper && OptimizerStates.IsSupported(helper) ? OptimizerParameters.TryPair(helper) : [];
        if (pairs is null || optimizer.parameters().Any(parameter => parameter.IsInvalid) || HasLeftBehind(optimizer, own))
        {
            throw new InvalidOperationException(
                $"The {name} of {module.GetType().Name} references parameters that no longer exist: "
                    + $"moving a module to another device or type replaces them. {Advice}");
        }

        foreach (var (parameter, state) in pairs)
        {
            foreach (var tensor in OptimizerStates.Tensors((OptimizerHelper)optimizer, state))
            {
                if (tensor.dtype != parameter.dtype || !SameDevice(tensor, parameter))
                {
                    throw new InvalidOperationException(
                        $"The {name} of {module.GetType().Name} was created before its module was moved: "
                            + $"its state is {tensor.dtype} on {tensor.device}, but the parameter is {parameter.dtype} on "
                            + $"{parameter.device}. {Advice}");
                }
            }
        }
    }

    [LoggerMessage(
        1043, LogLevel.Warning,
        "Parts of {Module} are not registered, so they are not moved to the device, not saved, and not trained by an optimizer of "
            + "parameters(): {Fields}. Register them (RegisterComponents at the end of the constructor; ModuleList, "
            + "ModuleDict or register_module for collections), or mark intentional ones with [Unregistered].")]
    private static partial void LogUnregistered(ILogger logger, string module, string fields);

    /// <summary>
    /// Returns whether the optimizer has a stale parameter: one that does not belong to the module and is on a device without module
    /// parameters.
    /// </summary>
    private static bool HasLeftBehind(optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string> own) =>
        own.Count > 0
            && optimizer.parameters().Any(parameter => !own.ContainsKey(parameter) && !own.Keys.Any(other => SameDevice(other, parameter)));

    private static bool SameDevice(Tensor one, Tensor other) =>
        one.device_type == other.device_type && one.device_index == other.device_index;
}
