using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of one run: those of the callbacks in their order, then that of the module.</summary>
internal sealed class RunHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public FitHooks Fit { get; } = new(trainer, module, callbacks);

    public OptimizationHooks Optimization { get; } = new(trainer, module, callbacks);

    public ValidationHooks Validation { get; } = new(trainer, module, callbacks);

    public TestHooks Test { get; } = new(trainer, module, callbacks);

    public PredictionHooks Prediction { get; } = new(trainer, module, callbacks);

    public void SetUp(RunStage stage)
    {
        var arguments = new SetUpArguments(trainer, module, stage);
        callbacks.Run(static (callback, arguments) => callback.SetUp(arguments), arguments);
        module.SetUp(arguments);
    }

    public void Exception(Exception exception, bool isInterruption)
    {
        var arguments = new OnExceptionArguments(trainer, module, exception, isInterruption);
        callbacks.RunAll(static (callback, arguments) => callback.OnException(arguments), arguments);
    }

    public void TearDown(RunStage stage)
    {
        var arguments = new TearDownArguments(trainer, module, stage);
        callbacks.RunAll(static (callback, arguments) => callback.TearDown(arguments), arguments, last: () => module.TearDown(arguments));
    }
}
