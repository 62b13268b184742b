using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of a fit, except those of its validations and of its optimization.</summary>
internal sealed class FitHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public void FitStart()
    {
        var arguments = new OnFitStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnFitStart(arguments), arguments);
        module.OnFitStart(arguments);
    }

    public void SanityCheckStart()
    {
        var arguments = new OnSanityCheckStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnSanityCheckStart(arguments), arguments);
    }

    public void SanityCheckEnd()
    {
        var arguments = new OnSanityCheckEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnSanityCheckEnd(arguments), arguments);
    }

    public void TrainStart()
    {
        var arguments = new OnTrainStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTrainStart(arguments), arguments);
        module.OnTrainStart(arguments);
    }

    public void TrainEpochStart()
    {
        var arguments = new OnTrainEpochStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTrainEpochStart(arguments), arguments);
        module.OnTrainEpochStart(arguments);
    }

    public void TrainBatchStart(object batch, int batchIndex)
    {
        var arguments = new OnTrainBatchStartArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnTrainBatchStart(arguments), arguments);
        module.OnTrainBatchStart(arguments);
    }

    public void TrainBatchEnd(object batch, int batchIndex, StepLoss? loss, bool stepped)
    {
        var arguments = new OnTrainBatchEndArguments(trainer, module, batch, batchIndex, stepped) { StepLoss = loss };
        callbacks.Run(static (callback, arguments) => callback.OnTrainBatchEnd(arguments), arguments);
        module.OnTrainBatchEnd(arguments);
    }

    /// <param name="beforeCheckpoints">Runs when all that may log has run, and before what saves.</param>
    public void TrainEpochEnd(Action beforeCheckpoints)
    {
        var arguments = new OnTrainEpochEndArguments(trainer, module);
        foreach (var callback in callbacks.Observers)
        {
            callback.OnTrainEpochEnd(arguments);
        }

        module.OnTrainEpochEnd(arguments);
        beforeCheckpoints();
        foreach (var checkpoint in callbacks.Savers)
        {
            checkpoint.OnTrainEpochEnd(arguments);
        }
    }

    public void TrainEnd()
    {
        var arguments = new OnTrainEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTrainEnd(arguments), arguments);
        module.OnTrainEnd(arguments);
    }

    public void FitEnd()
    {
        var arguments = new OnFitEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnFitEnd(arguments), arguments);
        module.OnFitEnd(arguments);
    }
}
