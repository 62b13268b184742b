using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Writes down the hooks that it meets.</summary>
internal sealed class RecordingCallback(List<string> hooks, string name = "callback") : Callback
{
    public override string StateKey => name;

    public Action<string>? OnHook { get; set; }

    public override void OnFitStart(OnFitStartArguments arguments) => Record(nameof(OnFitStart));

    public override void OnFitEnd(OnFitEndArguments arguments) => Record(nameof(OnFitEnd));

    public override void OnTrainStart(OnTrainStartArguments arguments) => Record(nameof(OnTrainStart));

    public override void OnTrainEnd(OnTrainEndArguments arguments) => Record(nameof(OnTrainEnd));

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Record(nameof(OnTrainEpochStart));

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Record(nameof(OnTrainEpochEnd));

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Record(nameof(OnTrainBatchStart));

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Record(nameof(OnTrainBatchEnd));

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => Record(nameof(OnBeforeOptimizerStep));

    public override void OnValidationStart(OnValidationStartArguments arguments) => Record(nameof(OnValidationStart));

    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => Record(nameof(OnValidationBatchEnd));

    public override void OnValidationEnd(OnValidationEndArguments arguments) => Record(nameof(OnValidationEnd));

    public override void OnException(OnExceptionArguments arguments) =>
        Record(arguments.IsInterruption ? "OnException(interruption)" : $"OnException({arguments.Exception.Message})");

    private void Record(string hook)
    {
        hooks.Add($"{name}.{hook}");
        OnHook?.Invoke(hook);
    }
}
