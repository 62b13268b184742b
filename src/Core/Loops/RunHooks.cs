using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks of one run: those of the callbacks in their order, then that of the module.</summary>
internal sealed class RunHooks(Trainer trainer, TrainingModule module)
{
    private readonly CallbackList _callbacks = trainer.CallbackList;

    public void SetUp(RunStage stage)
    {
        var arguments = new SetUpArguments(trainer, module, stage);
        foreach (var callback in _callbacks.All)
        {
            callback.SetUp(arguments);
        }

        module.SetUp(arguments);
    }

    public void TearDown(RunStage stage)
    {
        var arguments = new TearDownArguments(trainer, module, stage);
        foreach (var callback in _callbacks.All)
        {
            callback.TearDown(arguments);
        }

        module.TearDown(arguments);
    }

    public void FitStart()
    {
        var arguments = new OnFitStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnFitStart(arguments);
        }

        module.OnFitStart(arguments);
    }

    public void FitEnd()
    {
        var arguments = new OnFitEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnFitEnd(arguments);
        }

        module.OnFitEnd(arguments);
    }

    public void SanityCheckStart()
    {
        var arguments = new OnSanityCheckStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnSanityCheckStart(arguments);
        }
    }

    public void SanityCheckEnd()
    {
        var arguments = new OnSanityCheckEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnSanityCheckEnd(arguments);
        }
    }

    public void TrainStart()
    {
        var arguments = new OnTrainStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTrainStart(arguments);
        }

        module.OnTrainStart(arguments);
    }

    public void TrainEnd()
    {
        var arguments = new OnTrainEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTrainEnd(arguments);
        }

        module.OnTrainEnd(arguments);
    }

    public void TrainEpochStart()
    {
        var arguments = new OnTrainEpochStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTrainEpochStart(arguments);
        }

        module.OnTrainEpochStart(arguments);
    }

    /// <param name="beforeCheckpoints">Runs when all that may log has run, and before what saves.</param>
    public void TrainEpochEnd(Action beforeCheckpoints)
    {
        var arguments = new OnTrainEpochEndArguments(trainer, module);
        foreach (var callback in _callbacks.Observers)
        {
            callback.OnTrainEpochEnd(arguments);
        }

        module.OnTrainEpochEnd(arguments);
        beforeCheckpoints();
        foreach (var checkpoint in _callbacks.Savers)
        {
            checkpoint.OnTrainEpochEnd(arguments);
        }
    }

    public void TrainBatchStart(object batch, int batchIndex)
    {
        var arguments = new OnTrainBatchStartArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTrainBatchStart(arguments);
        }

        module.OnTrainBatchStart(arguments);
    }

    public void TrainBatchEnd(object batch, int batchIndex, double? loss, bool stepped)
    {
        var arguments = new OnTrainBatchEndArguments(trainer, module, batch, batchIndex, loss, stepped);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTrainBatchEnd(arguments);
        }

        module.OnTrainBatchEnd(arguments);
    }

    public void BeforeZeroGrad(optim.Optimizer optimizer)
    {
        var arguments = new OnBeforeZeroGradArguments(trainer, module, optimizer);
        foreach (var callback in _callbacks.All)
        {
            callback.OnBeforeZeroGrad(arguments);
        }

        module.OnBeforeZeroGrad(arguments);
    }

    public void BeforeBackward(Tensor loss)
    {
        var arguments = new OnBeforeBackwardArguments(trainer, module, loss);
        foreach (var callback in _callbacks.All)
        {
            callback.OnBeforeBackward(arguments);
        }

        module.OnBeforeBackward(arguments);
    }

    public void AfterBackward()
    {
        var arguments = new OnAfterBackwardArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnAfterBackward(arguments);
        }

        module.OnAfterBackward(arguments);
    }

    public void BeforeOptimizerStep(optim.Optimizer optimizer)
    {
        var arguments = new OnBeforeOptimizerStepArguments(trainer, module, optimizer);
        foreach (var callback in _callbacks.All)
        {
            callback.OnBeforeOptimizerStep(arguments);
        }

        module.OnBeforeOptimizerStep(arguments);
    }

    public void ConfigureGradientClipping(double? norm, double? value) =>
        module.ConfigureGradientClipping(new ConfigureGradientClippingArguments(trainer, module, norm, value));

    public void Exception(Exception exception, bool isInterruption)
    {
        var arguments = new OnExceptionArguments(trainer, module, exception, isInterruption);
        foreach (var callback in _callbacks.All)
        {
            callback.OnException(arguments);
        }
    }

    public void ValidationStart()
    {
        var arguments = new OnValidationStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationStart(arguments);
        }

        module.OnValidationStart(arguments);
    }

    public void ValidationEpochStart()
    {
        var arguments = new OnValidationEpochStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationEpochStart(arguments);
        }

        module.OnValidationEpochStart(arguments);
    }

    public void ValidationBatchStart(object batch, int batchIndex)
    {
        var arguments = new OnValidationBatchStartArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationBatchStart(arguments);
        }

        module.OnValidationBatchStart(arguments);
    }

    public void ValidationBatchEnd(object batch, int batchIndex)
    {
        var arguments = new OnValidationBatchEndArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationBatchEnd(arguments);
        }

        module.OnValidationBatchEnd(arguments);
    }

    public void ValidationEpochEnd()
    {
        var arguments = new OnValidationEpochEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationEpochEnd(arguments);
        }

        module.OnValidationEpochEnd(arguments);
    }

    public void ValidationEnd()
    {
        var arguments = new OnValidationEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnValidationEnd(arguments);
        }

        module.OnValidationEnd(arguments);
    }

    public void TestStart()
    {
        var arguments = new OnTestStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestStart(arguments);
        }

        module.OnTestStart(arguments);
    }

    public void TestEpochStart()
    {
        var arguments = new OnTestEpochStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestEpochStart(arguments);
        }

        module.OnTestEpochStart(arguments);
    }

    public void TestBatchStart(object batch, int batchIndex)
    {
        var arguments = new OnTestBatchStartArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestBatchStart(arguments);
        }

        module.OnTestBatchStart(arguments);
    }

    public void TestBatchEnd(object batch, int batchIndex)
    {
        var arguments = new OnTestBatchEndArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestBatchEnd(arguments);
        }

        module.OnTestBatchEnd(arguments);
    }

    public void TestEpochEnd()
    {
        var arguments = new OnTestEpochEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestEpochEnd(arguments);
        }

        module.OnTestEpochEnd(arguments);
    }

    public void TestEnd()
    {
        var arguments = new OnTestEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnTestEnd(arguments);
        }

        module.OnTestEnd(arguments);
    }

    public void PredictStart()
    {
        var arguments = new OnPredictStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictStart(arguments);
        }

        module.OnPredictStart(arguments);
    }

    public void PredictEpochStart()
    {
        var arguments = new OnPredictEpochStartArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictEpochStart(arguments);
        }

        module.OnPredictEpochStart(arguments);
    }

    public void PredictBatchStart(object batch, int batchIndex)
    {
        var arguments = new OnPredictBatchStartArguments(trainer, module, batch, batchIndex);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictBatchStart(arguments);
        }

        module.OnPredictBatchStart(arguments);
    }

    public void PredictBatchEnd(object batch, int batchIndex, object? prediction)
    {
        var arguments = new OnPredictBatchEndArguments(trainer, module, batch, batchIndex, prediction);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictBatchEnd(arguments);
        }

        module.OnPredictBatchEnd(arguments);
    }

    public void PredictEpochEnd()
    {
        var arguments = new OnPredictEpochEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictEpochEnd(arguments);
        }

        module.OnPredictEpochEnd(arguments);
    }

    public void PredictEnd()
    {
        var arguments = new OnPredictEndArguments(trainer, module);
        foreach (var callback in _callbacks.All)
        {
            callback.OnPredictEnd(arguments);
        }

        module.OnPredictEnd(arguments);
    }
}
