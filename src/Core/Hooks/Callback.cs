using Fulgurite.State;

namespace Fulgurite;

/// <summary>The base class of callbacks, which run code around the training loop. Override the hooks that you need.</summary>
/// <remarks>
/// All hooks run on the training thread. Callbacks run in the order in which they were added, with checkpoint callbacks last, and before
/// the hook of the same name on the module. At <see cref="OnTrainEpochEnd"/>, checkpoint callbacks run after the module; at
/// <see cref="OnLoadCheckpoint"/>, the module runs first. An exception from a hook ends the run. A callback that implements
/// <see cref="IHookHandler"/> receives all hooks in one method.
/// </remarks>
public abstract class Callback
{
    /// <summary>
    /// Gets the key of this callback's state in a checkpoint. Callbacks with state in one trainer must have different keys.
    /// </summary>
    /// <value>The default is the full name of the type.</value>
    public virtual string StateKey => GetType().FullName ?? GetType().Name;

    /// <summary>
    /// Gets a value that indicates whether the hooks are called in a trial run (<see cref="TrainerOptions.FastDevRun"/>). Callbacks that
    /// save checkpoints or end a run by its metrics return false.
    /// </summary>
    /// <value>The default is true.</value>
    public virtual bool RunsInFastDevRun => true;

    /// <summary>Returns the state of this callback for a checkpoint. The default is null, for no state.</summary>
    public virtual StateMap? StateDict() => null;

    /// <summary>Restores the state that <see cref="StateDict"/> returned.</summary>
    /// <remarks>
    /// A resume calls it after it has compared the checkpoint with the module and before it overwrites the weights, so it must not replace
    /// tensors of the module or of optimizers.
    /// </remarks>
    /// <param name="state">The state from a checkpoint.</param>
    public virtual void LoadStateDict(StateMap state) { }

    /// <summary>Called when a run begins, before anything is loaded, moved to a device or created.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void SetUp(SetUpArguments arguments) { }

    /// <summary>
    /// Called when a fit begins: the module is on its device, the optimizers are created, and the checkpoint to resume from is loaded.
    /// </summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnFitStart(OnFitStartArguments arguments) { }

    /// <summary>Called before the sanity check, which validates a few batches before training begins.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnSanityCheckStart(OnSanityCheckStartArguments arguments) { }

    /// <summary>Called when the sanity check has succeeded; its metrics are discarded afterwards.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) { }

    /// <summary>Called before the first epoch.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainStart(OnTrainStartArguments arguments) { }

    /// <summary>Called before an epoch.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainEpochStart(OnTrainEpochStartArguments arguments) { }

    /// <summary>Called before a training batch is used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainBatchStart(OnTrainBatchStartArguments arguments) { }

    /// <summary>
    /// Called before the gradients of the previous step are cleared: after the first training step of an accumulation window, before its
    /// backward pass.
    /// </summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) { }

    /// <summary>Called before the backward pass of a batch.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnBeforeBackward(OnBeforeBackwardArguments arguments) { }

    /// <summary>Called after the backward pass of a batch; its gradients are added to those of the accumulation window.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnAfterBackward(OnAfterBackwardArguments arguments) { }

    /// <summary>Called before an optimizer step; the gradients of the accumulation window are complete and not clipped yet.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) { }

    /// <summary>Called after a training batch was used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) { }

    /// <summary>Called after an epoch, with its metrics reduced. Checkpoint callbacks are called after the module.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) { }

    /// <summary>Called after the last epoch, or when training stops at a request; checkpoints can still be saved.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTrainEnd(OnTrainEndArguments arguments) { }

    /// <summary>Called when a fit has ended; every accepted checkpoint is durable or has failed.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnFitEnd(OnFitEndArguments arguments) { }

    /// <summary>Called when a validation begins; the module is in evaluation mode.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationStart(OnValidationStartArguments arguments) { }

    /// <summary>Called before the pass over the validation data.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationEpochStart(OnValidationEpochStartArguments arguments) { }

    /// <summary>Called before a validation batch is used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationBatchStart(OnValidationBatchStartArguments arguments) { }

    /// <summary>Called after a validation batch was used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) { }

    /// <summary>Called after the pass over the validation data, before metrics are reduced. Log collected values here.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) { }

    /// <summary>Called when a validation has ended, with its metrics reduced.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnValidationEnd(OnValidationEndArguments arguments) { }

    /// <summary>Called when a test begins; the module is in evaluation mode.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestStart(OnTestStartArguments arguments) { }

    /// <summary>Called before the pass over the test data.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestEpochStart(OnTestEpochStartArguments arguments) { }

    /// <summary>Called before a test batch is used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestBatchStart(OnTestBatchStartArguments arguments) { }

    /// <summary>Called after a test batch was used.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestBatchEnd(OnTestBatchEndArguments arguments) { }

    /// <summary>Called after the pass over the test data, before metrics are reduced. Log collected values here.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestEpochEnd(OnTestEpochEndArguments arguments) { }

    /// <summary>Called when a test has ended, with its metrics reduced.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnTestEnd(OnTestEndArguments arguments) { }

    /// <summary>Called when a prediction run begins; the module is in evaluation mode.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictStart(OnPredictStartArguments arguments) { }

    /// <summary>Called before the pass over the data.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictEpochStart(OnPredictEpochStartArguments arguments) { }

    /// <summary>Called before a batch is predicted.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictBatchStart(OnPredictBatchStartArguments arguments) { }

    /// <summary>Called after a batch was predicted.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictBatchEnd(OnPredictBatchEndArguments arguments) { }

    /// <summary>Called after the pass over the data.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictEpochEnd(OnPredictEpochEndArguments arguments) { }

    /// <summary>Called when a prediction run has ended.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnPredictEnd(OnPredictEndArguments arguments) { }

    /// <summary>Called while the state of the run is captured; hooks can add entries to it.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnSaveCheckpoint(OnSaveCheckpointArguments arguments) { }

    /// <summary>
    /// Called after a state was read, before it is compared with the run and applied. Hooks can change the state; the stored checkpoint is
    /// unchanged.
    /// </summary>
    /// <remarks>
    /// The hook of the module runs before the module is moved to its device and its optimizers are created, so that it can recreate tensors
    /// with the shapes of the checkpoint. The hooks of callbacks run afterwards.
    /// </remarks>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) { }

    /// <summary>Called when a checkpoint of this run has become durable; on the training thread, at the next step boundary.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnCheckpointDurable(OnCheckpointDurableArguments arguments) { }

    /// <summary>
    /// Called when a checkpoint of this run failed, was superseded or was cancelled; on the training thread, at the next step boundary.
    /// </summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnCheckpointDropped(OnCheckpointDroppedArguments arguments) { }

    /// <summary>Called when a run ends early: by an exception from a step or a hook, or by cancellation at a step boundary.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void OnException(OnExceptionArguments arguments) { }

    /// <summary>Called when a run is over, however it ended; the last hook of a run.</summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void TearDown(TearDownArguments arguments) { }
}
