using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of a validation.</summary>
internal sealed class ValidationHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public void Start()
    {
        var arguments = new OnValidationStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnValidationStart(arguments), arguments);
        module.OnValidationStart(arguments);
    }

    public void EpochStart()
    {
        var arguments = new OnValidationEpochStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnValidationEpochStart(arguments), arguments);
        module.OnValidationEpochStart(arguments);
    }

    public void BatchStart(object batch, int batchIndex)
    {
        var arguments = new OnValidationBatchStartArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnValidationBatchStart(arguments), arguments);
        module.OnValidationBatchStart(arguments);
    }

    public void BatchEnd(object batch, int batchIndex)
    {
        var arguments = new OnValidationBatchEndArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnValidationBatchEnd(arguments), arguments);
        module.OnValidationBatchEnd(arguments);
    }

    public void EpochEnd()
    {
        var arguments = new OnValidationEpochEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnValidationEpochEnd(arguments), arguments);
        module.OnValidationEpochEnd(arguments);
    }

    public void End()
    {
        var arguments = new OnValidationEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnValidationEnd(arguments), arguments);
        module.OnValidationEnd(arguments);
    }
}
