using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>Code that runs around the loop. Override the hooks that you need.</summary>
/// <remarks>
/// All hooks run on the thread of the run, callbacks in the order in which they were added and those that save checkpoints last, and
/// before the hook of the same name on the module, except <see cref="OnTrainEpochEnd"/>, where checkpoint callbacks come after the
/// module. An exception from a hook ends the run.
/// </remarks>
public abstract class Callback
{
    /// <summary>
    /// The key of this callback's state in a checkpoint. Two callbacks with state in one trainer need different keys. Default: the full
    /// name of the type.
    /// </summary>
    public virtual string StateKey => GetType().FullName ?? GetType().Name;

    /// <summary>
    /// Whether its hooks are called in a run that only tries everything (<see cref="TrainerOptions.FastDevRun"/>). What saves, or ends a run by
    /// how it goes, says no. Default: true.
    /// </summary>
    public virtual bool RunsInFastDevRun => true;

    /// <summary>What a checkpoint keeps of this callback; null for nothing. Default: null.</summary>
    public virtual StateMap? StateDict() => null;

    /// <summary>Takes back what <see cref="StateDict"/> gave.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    public virtual void LoadStateDict(StateMap state)
    {
    }

    /// <summary>A run begins: nothing is loaded, moved to a device or made yet.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void SetUp(SetUpArguments arguments)
    {
    }

    /// <summary>A run is over, whichever way it ended: the last hook of all.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void TearDown(TearDownArguments arguments)
    {
    }

    /// <summary>A fit begins: the module is on its device, the optimizers are made, and a checkpoint to resume from is loaded.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnFitStart(OnFitStartArguments arguments)
    {
    }

    /// <summary>A fit has ended: every checkpoint that was accepted is durable or has failed.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnFitEnd(OnFitEndArguments arguments)
    {
    }

    /// <summary>A few batches of the validation are about to be tried before training begins.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnSanityCheckStart(OnSanityCheckStartArguments arguments)
    {
    }

    /// <summary>The trial of the validation went well; what it logged is forgotten after this.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnSanityCheckEnd(OnSanityCheckEndArguments arguments)
    {
    }

    /// <summary>The first epoch is about to start.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainStart(OnTrainStartArguments arguments)
    {
    }

    /// <summary>The last epoch has ended or training was told to stop; checkpoints may still be saved.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainEnd(OnTrainEndArguments arguments)
    {
    }

    /// <summary>An epoch is about to start.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
    }

    /// <summary>An epoch has ended; its metrics are reduced.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
    }

    /// <summary>A training batch is about to be used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainBatchStart(OnTrainBatchStartArguments arguments)
    {
    }

    /// <summary>A training batch was used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
    }

    /// <summary>Gradients of the last step are about to be let go, after the first training step of a window and before its backward.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments)
    {
    }

    /// <summary>Gradients of a batch are about to be computed.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnBeforeBackward(OnBeforeBackwardArguments arguments)
    {
    }

    /// <summary>Gradients of a batch were computed and added to those of its window.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnAfterBackward(OnAfterBackwardArguments arguments)
    {
    }

    /// <summary>Gradients of a window are complete and not clipped yet; the optimizer is about to step.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments)
    {
    }

    /// <summary>A validation begins; the module is in evaluation mode.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationStart(OnValidationStartArguments arguments)
    {
    }

    /// <summary>The pass over the validation data begins.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationEpochStart(OnValidationEpochStartArguments arguments)
    {
    }

    /// <summary>A validation batch is about to be used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationBatchStart(OnValidationBatchStartArguments arguments)
    {
    }

    /// <summary>A validation batch was used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationBatchEnd(OnValidationBatchEndArguments arguments)
    {
    }

    /// <summary>The validation data is used up and metrics are not reduced yet: the place to log what was gathered.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationEpochEnd(OnValidationEpochEndArguments arguments)
    {
    }

    /// <summary>A validation has ended; its metrics are reduced and fresh.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnValidationEnd(OnValidationEndArguments arguments)
    {
    }

    /// <summary>A test begins; the module is in evaluation mode.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestStart(OnTestStartArguments arguments)
    {
    }

    /// <summary>The pass over the test data begins.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestEpochStart(OnTestEpochStartArguments arguments)
    {
    }

    /// <summary>A test batch is about to be used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestBatchStart(OnTestBatchStartArguments arguments)
    {
    }

    /// <summary>A test batch was used.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestBatchEnd(OnTestBatchEndArguments arguments)
    {
    }

    /// <summary>The test data is used up and metrics are not reduced yet: the place to log what was gathered.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestEpochEnd(OnTestEpochEndArguments arguments)
    {
    }

    /// <summary>A test has ended; its metrics are reduced.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnTestEnd(OnTestEndArguments arguments)
    {
    }

    /// <summary>Predictions begin; the module is in evaluation mode.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictStart(OnPredictStartArguments arguments)
    {
    }

    /// <summary>The pass over the data to predict for begins.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictEpochStart(OnPredictEpochStartArguments arguments)
    {
    }

    /// <summary>A batch is about to be predicted for.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictBatchStart(OnPredictBatchStartArguments arguments)
    {
    }

    /// <summary>A batch was predicted for.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictBatchEnd(OnPredictBatchEndArguments arguments)
    {
    }

    /// <summary>The data to predict for is used up.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictEpochEnd(OnPredictEpochEndArguments arguments)
    {
    }

    /// <summary>Predictions have ended.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnPredictEnd(OnPredictEndArguments arguments)
    {
    }

    /// <summary>The run ends early: by an exception of any hook, or by cancellation at a step boundary.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnException(OnExceptionArguments arguments)
    {
    }

    /// <summary>A state is being captured; what a hook adds to it is saved.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnSaveCheckpoint(OnSaveCheckpointArguments arguments)
    {
    }

    /// <summary>A state was read and is about to be applied.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnLoadCheckpoint(OnLoadCheckpointArguments arguments)
    {
    }

    /// <summary>A checkpoint of this run became durable; told on the training thread at the next step boundary.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnCheckpointDurable(OnCheckpointDurableArguments arguments)
    {
    }

    /// <summary>A checkpoint of this run failed, was superseded or was cancelled; told on the training thread at the next step boundary.</summary>
    /// <param name="arguments">The trainer, the module and what belongs to the hook.</param>
    public virtual void OnCheckpointDropped(OnCheckpointDroppedArguments arguments)
    {
    }
}
