namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Writes down the hooks that it meets.</summary>
internal sealed class RecordingCallback(List<string> hooks, string name = "callback") : Callback
{
    public override string StateKey => name;

    public Action<string>? OnHook { get; set; }

    public override void SetUp(SetUpArguments arguments) => Record($"SetUp({arguments.Stage})");

    public override void TearDown(TearDownArguments arguments) => Record($"TearDown({arguments.Stage})");

    public override void OnFitStart(OnFitStartArguments arguments) => Record(nameof(OnFitStart));

    public override void OnFitEnd(OnFitEndArguments arguments) => Record(nameof(OnFitEnd));

    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => Record(nameof(OnSanityCheckStart));

    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => Record(nameof(OnSanityCheckEnd));

    public override void OnTrainStart(OnTrainStartArguments arguments) => Record(nameof(OnTrainStart));

    public override void OnTrainEnd(OnTrainEndArguments arguments) => Record(nameof(OnTrainEnd));

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Record(nameof(OnTrainEpochStart));

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Record(nameof(OnTrainEpochEnd));

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Record(nameof(OnTrainBatchStart));

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Record(nameof(OnTrainBatchEnd));

    public override void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) => Record(nameof(OnBeforeZeroGrad));

    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => Record(nameof(OnBeforeBackward));

    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => Record(nameof(OnAfterBackward));

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => Record(nameof(OnBeforeOptimizerStep));

    public override void OnValidationStart(OnValidationStartArguments arguments) => Record(nameof(OnValidationStart));

    public override void OnValidationEpochStart(OnValidationEpochStartArguments arguments) => Record(nameof(OnValidationEpochStart));

    public override void OnValidationBatchStart(OnValidationBatchStartArguments arguments) => Record(nameof(OnValidationBatchStart));

    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => Record(nameof(OnValidationBatchEnd));

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => Record(nameof(OnValidationEpochEnd));

    public override void OnValidationEnd(OnValidationEndArguments arguments) => Record(nameof(OnValidationEnd));

    public override void OnTestStart(OnTestStartArguments arguments) => Record(nameof(OnTestStart));

    public override void OnTestEpochStart(OnTestEpochStartArguments arguments) => Record(nameof(OnTestEpochStart));

    public override void OnTestBatchStart(OnTestBatchStartArguments arguments) => Record(nameof(OnTestBatchStart));

    public override void OnTestBatchEnd(OnTestBatchEndArguments arguments) => Record(nameof(OnTestBatchEnd));

    public override void OnTestEpochEnd(OnTestEpochEndArguments arguments) => Record(nameof(OnTestEpochEnd));

    public override void OnTestEnd(OnTestEndArguments arguments) => Record(nameof(OnTestEnd));

    public override void OnPredictStart(OnPredictStartArguments arguments) => Record(nameof(OnPredictStart));

    public override void OnPredictEpochStart(OnPredictEpochStartArguments arguments) => Record(nameof(OnPredictEpochStart));

    public override void OnPredictBatchStart(OnPredictBatchStartArguments arguments) => Record(nameof(OnPredictBatchStart));

    public override void OnPredictBatchEnd(OnPredictBatchEndArguments arguments) => Record(nameof(OnPredictBatchEnd));

    public override void OnPredictEpochEnd(OnPredictEpochEndArguments arguments) => Record(nameof(OnPredictEpochEnd));

    public override void OnPredictEnd(OnPredictEndArguments arguments) => Record(nameof(OnPredictEnd));

    public override void OnException(OnExceptionArguments arguments) =>
        Record(arguments.IsInterruption ? "OnException(interruption)" : $"OnException({arguments.Exception.Message})");

    private void Record(string hook)
    {
        hooks.Add($"{name}.{hook}");
        OnHook?.Invoke(hook);
    }
}
