using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The hooks of a module: methods that the trainer calls around the steps. Override the hooks that you need.</summary>
/// <remarks>
/// A module must derive from TorchSharp's module class, so its hooks repeat those of <see cref="Callback"/>, where they are documented.
/// Each runs after the hook of the same name on the callbacks. docs/training.md lists them in order.
/// </remarks>
public abstract class ModuleHooks : nn.Module
{
    private protected ModuleHooks(string name)
        : base(name)
    {
    }

    /// <inheritdoc cref="Callback.SetUp"/>
    public virtual void SetUp(SetUpArguments arguments) { }

    /// <inheritdoc cref="Callback.OnFitStart"/>
    public virtual void OnFitStart(OnFitStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTrainStart"/>
    public virtual void OnTrainStart(OnTrainStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTrainEpochStart"/>
    public virtual void OnTrainEpochStart(OnTrainEpochStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTrainBatchStart"/>
    public virtual void OnTrainBatchStart(OnTrainBatchStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnBeforeZeroGrad"/>
    public virtual void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) { }

    /// <inheritdoc cref="Callback.OnBeforeBackward"/>
    public virtual void OnBeforeBackward(OnBeforeBackwardArguments arguments) { }

    /// <inheritdoc cref="Callback.OnAfterBackward"/>
    public virtual void OnAfterBackward(OnAfterBackwardArguments arguments) { }

    /// <inheritdoc cref="Callback.OnBeforeOptimizerStep"/>
    public virtual void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) { }

    /// <summary>
    /// Clips the gradients of an accumulation window, after <see cref="OnBeforeOptimizerStep"/> and before the step. The default
    /// implementation follows the options. Not called in manual optimization.
    /// </summary>
    /// <param name="arguments">The arguments of the hook.</param>
    public virtual void ConfigureGradientClipping(ConfigureGradientClippingArguments arguments) =>
        arguments.Clip(arguments.Norm, arguments.Value);

    /// <inheritdoc cref="Callback.OnTrainBatchEnd"/>
    public virtual void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTrainEpochEnd"/>
    public virtual void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTrainEnd"/>
    public virtual void OnTrainEnd(OnTrainEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnFitEnd"/>
    public virtual void OnFitEnd(OnFitEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationStart"/>
    public virtual void OnValidationStart(OnValidationStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationEpochStart"/>
    public virtual void OnValidationEpochStart(OnValidationEpochStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationBatchStart"/>
    public virtual void OnValidationBatchStart(OnValidationBatchStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationBatchEnd"/>
    public virtual void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationEpochEnd"/>
    public virtual void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnValidationEnd"/>
    public virtual void OnValidationEnd(OnValidationEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestStart"/>
    public virtual void OnTestStart(OnTestStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestEpochStart"/>
    public virtual void OnTestEpochStart(OnTestEpochStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestBatchStart"/>
    public virtual void OnTestBatchStart(OnTestBatchStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestBatchEnd"/>
    public virtual void OnTestBatchEnd(OnTestBatchEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestEpochEnd"/>
    public virtual void OnTestEpochEnd(OnTestEpochEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnTestEnd"/>
    public virtual void OnTestEnd(OnTestEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictStart"/>
    public virtual void OnPredictStart(OnPredictStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictEpochStart"/>
    public virtual void OnPredictEpochStart(OnPredictEpochStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictBatchStart"/>
    public virtual void OnPredictBatchStart(OnPredictBatchStartArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictBatchEnd"/>
    public virtual void OnPredictBatchEnd(OnPredictBatchEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictEpochEnd"/>
    public virtual void OnPredictEpochEnd(OnPredictEpochEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnPredictEnd"/>
    public virtual void OnPredictEnd(OnPredictEndArguments arguments) { }

    /// <inheritdoc cref="Callback.OnSaveCheckpoint"/>
    public virtual void OnSaveCheckpoint(OnSaveCheckpointArguments arguments) { }

    /// <inheritdoc cref="Callback.OnLoadCheckpoint"/>
    public virtual void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) { }

    /// <inheritdoc cref="Callback.TearDown"/>
    public virtual void TearDown(TearDownArguments arguments) { }
}
