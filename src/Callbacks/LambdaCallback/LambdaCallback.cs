namespace Fulgurite.Callbacks;

/// <summary>A callback that is written where the trainer is made: each hook that is given an action runs it.</summary>
/// <example><c>new LambdaCallback { TrainEpochEnd = arguments =&gt; Save(arguments.Trainer.CurrentEpoch) }</c></example>
/// <remarks>It has no state in checkpoints, so a trainer may have any number of them.</remarks>
public sealed class LambdaCallback : Callback
{
    /// <summary>Runs as <see cref="SetUp"/>; null for nothing. Default: null.</summary>
    public Action<SetUpArguments>? RunSetUp { get; init; }

    /// <summary>Runs as <see cref="TearDown"/>; null for nothing. Default: null.</summary>
    public Action<TearDownArguments>? RunTearDown { get; init; }

    /// <summary>Runs as <see cref="OnFitStart"/>; null for nothing. Default: null.</summary>
    public Action<OnFitStartArguments>? FitStart { get; init; }

    /// <summary>Runs as <see cref="OnFitEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnFitEndArguments>? FitEnd { get; init; }

    /// <summary>Runs as <see cref="OnSanityCheckStart"/>; null for nothing. Default: null.</summary>
    public Action<OnSanityCheckStartArguments>? SanityCheckStart { get; init; }

    /// <summary>Runs as <see cref="OnSanityCheckEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnSanityCheckEndArguments>? SanityCheckEnd { get; init; }

    /// <summary>Runs as <see cref="OnTrainStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainStartArguments>? TrainStart { get; init; }

    /// <summary>Runs as <see cref="OnTrainEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainEndArguments>? TrainEnd { get; init; }

    /// <summary>Runs as <see cref="OnTrainEpochStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainEpochStartArguments>? TrainEpochStart { get; init; }

    /// <summary>Runs as <see cref="OnTrainEpochEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainEpochEndArguments>? TrainEpochEnd { get; init; }

    /// <summary>Runs as <see cref="OnTrainBatchStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainBatchStartArguments>? TrainBatchStart { get; init; }

    /// <summary>Runs as <see cref="OnTrainBatchEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTrainBatchEndArguments>? TrainBatchEnd { get; init; }

    /// <summary>Runs as <see cref="OnBeforeZeroGrad"/>; null for nothing. Default: null.</summary>
    public Action<OnBeforeZeroGradArguments>? BeforeZeroGrad { get; init; }

    /// <summary>Runs as <see cref="OnBeforeBackward"/>; null for nothing. Default: null.</summary>
    public Action<OnBeforeBackwardArguments>? BeforeBackward { get; init; }

    /// <summary>Runs as <see cref="OnAfterBackward"/>; null for nothing. Default: null.</summary>
    public Action<OnAfterBackwardArguments>? AfterBackward { get; init; }

    /// <summary>Runs as <see cref="OnBeforeOptimizerStep"/>; null for nothing. Default: null.</summary>
    public Action<OnBeforeOptimizerStepArguments>? BeforeOptimizerStep { get; init; }

    /// <summary>Runs as <see cref="OnValidationStart"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationStartArguments>? ValidationStart { get; init; }

    /// <summary>Runs as <see cref="OnValidationEpochStart"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationEpochStartArguments>? ValidationEpochStart { get; init; }

    /// <summary>Runs as <see cref="OnValidationBatchStart"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationBatchStartArguments>? ValidationBatchStart { get; init; }

    /// <summary>Runs as <see cref="OnValidationBatchEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationBatchEndArguments>? ValidationBatchEnd { get; init; }

    /// <summary>Runs as <see cref="OnValidationEpochEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationEpochEndArguments>? ValidationEpochEnd { get; init; }

    /// <summary>Runs as <see cref="OnValidationEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnValidationEndArguments>? ValidationEnd { get; init; }

    /// <summary>Runs as <see cref="OnTestStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTestStartArguments>? TestStart { get; init; }

    /// <summary>Runs as <see cref="OnTestEpochStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTestEpochStartArguments>? TestEpochStart { get; init; }

    /// <summary>Runs as <see cref="OnTestBatchStart"/>; null for nothing. Default: null.</summary>
    public Action<OnTestBatchStartArguments>? TestBatchStart { get; init; }

    /// <summary>Runs as <see cref="OnTestBatchEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTestBatchEndArguments>? TestBatchEnd { get; init; }

    /// <summary>Runs as <see cref="OnTestEpochEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTestEpochEndArguments>? TestEpochEnd { get; init; }

    /// <summary>Runs as <see cref="OnTestEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnTestEndArguments>? TestEnd { get; init; }

    /// <summary>Runs as <see cref="OnPredictStart"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictStartArguments>? PredictStart { get; init; }

    /// <summary>Runs as <see cref="OnPredictEpochStart"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictEpochStartArguments>? PredictEpochStart { get; init; }

    /// <summary>Runs as <see cref="OnPredictBatchStart"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictBatchStartArguments>? PredictBatchStart { get; init; }

    /// <summary>Runs as <see cref="OnPredictBatchEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictBatchEndArguments>? PredictBatchEnd { get; init; }

    /// <summary>Runs as <see cref="OnPredictEpochEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictEpochEndArguments>? PredictEpochEnd { get; init; }

    /// <summary>Runs as <see cref="OnPredictEnd"/>; null for nothing. Default: null.</summary>
    public Action<OnPredictEndArguments>? PredictEnd { get; init; }

    /// <summary>Runs as <see cref="OnException"/>; null for nothing. Default: null.</summary>
    public Action<OnExceptionArguments>? Exception { get; init; }

    /// <summary>Runs as <see cref="OnSaveCheckpoint"/>; null for nothing. Default: null.</summary>
    public Action<OnSaveCheckpointArguments>? SaveCheckpoint { get; init; }

    /// <summary>Runs as <see cref="OnLoadCheckpoint"/>; null for nothing. Default: null.</summary>
    public Action<OnLoadCheckpointArguments>? LoadCheckpoint { get; init; }

    /// <summary>Runs as <see cref="OnCheckpointDurable"/>; null for nothing. Default: null.</summary>
    public Action<OnCheckpointDurableArguments>? CheckpointDurable { get; init; }

    /// <summary>Runs as <see cref="OnCheckpointDropped"/>; null for nothing. Default: null.</summary>
    public Action<OnCheckpointDroppedArguments>? CheckpointDropped { get; init; }

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments) => RunSetUp?.Invoke(arguments);

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments) => RunTearDown?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments) => FitStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments) => FitEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => SanityCheckStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => SanityCheckEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) => TrainStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments) => TrainEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => TrainEpochStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => TrainEpochEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => TrainBatchStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => TrainBatchEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) => BeforeZeroGrad?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => BeforeBackward?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => AfterBackward?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => BeforeOptimizerStep?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationStart(OnValidationStartArguments arguments) => ValidationStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationEpochStart(OnValidationEpochStartArguments arguments) => ValidationEpochStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationBatchStart(OnValidationBatchStartArguments arguments) => ValidationBatchStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => ValidationBatchEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => ValidationEpochEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments) => ValidationEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestStart(OnTestStartArguments arguments) => TestStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestEpochStart(OnTestEpochStartArguments arguments) => TestEpochStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestBatchStart(OnTestBatchStartArguments arguments) => TestBatchStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestBatchEnd(OnTestBatchEndArguments arguments) => TestBatchEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestEpochEnd(OnTestEpochEndArguments arguments) => TestEpochEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnTestEnd(OnTestEndArguments arguments) => TestEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictStart(OnPredictStartArguments arguments) => PredictStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictEpochStart(OnPredictEpochStartArguments arguments) => PredictEpochStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictBatchStart(OnPredictBatchStartArguments arguments) => PredictBatchStart?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictBatchEnd(OnPredictBatchEndArguments arguments) => PredictBatchEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictEpochEnd(OnPredictEpochEndArguments arguments) => PredictEpochEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnPredictEnd(OnPredictEndArguments arguments) => PredictEnd?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments) => Exception?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnSaveCheckpoint(OnSaveCheckpointArguments arguments) => SaveCheckpoint?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => LoadCheckpoint?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments) => CheckpointDurable?.Invoke(arguments);

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments) => CheckpointDropped?.Invoke(arguments);
}
