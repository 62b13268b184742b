using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of predictions.</summary>
internal sealed class PredictionHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public void Start()
    {
        var arguments = new OnPredictStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnPredictStart(arguments), arguments);
        module.OnPredictStart(arguments);
    }

    public void EpochStart()
    {
        var arguments = new OnPredictEpochStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnPredictEpochStart(arguments), arguments);
        module.OnPredictEpochStart(arguments);
    }

    public void BatchStart(object batch, int batchIndex)
    {
        var arguments = new OnPredictBatchStartArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnPredictBatchStart(arguments), arguments);
        module.OnPredictBatchStart(arguments);
    }

    public void BatchEnd(object batch, int batchIndex, object? prediction)
    {
        var arguments = new OnPredictBatchEndArguments(trainer, module, batch, batchIndex, prediction);
        callbacks.Run(static (callback, arguments) => callback.OnPredictBatchEnd(arguments), arguments);
        module.OnPredictBatchEnd(arguments);
    }

    public void EpochEnd()
    {
        var arguments = new OnPredictEpochEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnPredictEpochEnd(arguments), arguments);
        module.OnPredictEpochEnd(arguments);
    }

    public void End()
    {
        var arguments = new OnPredictEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnPredictEnd(arguments), arguments);
        module.OnPredictEnd(arguments);
    }
}
