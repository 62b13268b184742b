using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of a test.</summary>
internal sealed class TestHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public void Start()
    {
        var arguments = new OnTestStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTestStart(arguments), arguments);
        module.OnTestStart(arguments);
    }

    public void EpochStart()
    {
        var arguments = new OnTestEpochStartArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTestEpochStart(arguments), arguments);
        module.OnTestEpochStart(arguments);
    }

    public void BatchStart(object batch, int batchIndex)
    {
        var arguments = new OnTestBatchStartArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnTestBatchStart(arguments), arguments);
        module.OnTestBatchStart(arguments);
    }

    public void BatchEnd(object batch, int batchIndex)
    {
        var arguments = new OnTestBatchEndArguments(trainer, module, batch, batchIndex);
        callbacks.Run(static (callback, arguments) => callback.OnTestBatchEnd(arguments), arguments);
        module.OnTestBatchEnd(arguments);
    }

    public void EpochEnd()
    {
        var arguments = new OnTestEpochEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTestEpochEnd(arguments), arguments);
        module.OnTestEpochEnd(arguments);
    }

    public void End()
    {
        var arguments = new OnTestEndArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnTestEnd(arguments), arguments);
        module.OnTestEnd(arguments);
    }
}
