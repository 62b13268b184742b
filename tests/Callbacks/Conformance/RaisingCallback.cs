using System.Runtime.CompilerServices;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Throws in one hook of the second epoch, so that there is something to save by then.</summary>
internal sealed class RaisingCallback(string hook) : Callback
{
    public static string[] Hooks { get; } =
    [
        nameof(OnTrainEpochStart), nameof(OnTrainBatchStart), nameof(OnBeforeZeroGrad), nameof(OnBeforeBackward), nameof(OnAfterBackward),
        nameof(OnBeforeOptimizerStep), nameof(OnTrainBatchEnd), nameof(OnValidationStart), nameof(OnValidationEpochStart),
        nameof(OnValidationBatchStart), nameof(OnValidationBatchEnd), nameof(OnValidationEpochEnd), nameof(OnValidationEnd),
        nameof(OnTrainEpochEnd), nameof(OnTrainEnd),
    ];

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Raise(arguments.Trainer);

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Raise(arguments.Trainer);

    public override void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) => Raise(arguments.Trainer);

    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => Raise(arguments.Trainer);

    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => Raise(arguments.Trainer);

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => Raise(arguments.Trainer);

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationStart(OnValidationStartArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationEpochStart(OnValidationEpochStartArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationBatchStart(OnValidationBatchStartArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => Raise(arguments.Trainer);

    public override void OnValidationEnd(OnValidationEndArguments arguments) => Raise(arguments.Trainer);

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Raise(arguments.Trainer);

    public override void OnTrainEnd(OnTrainEndArguments arguments) => Raise(arguments.Trainer);

    private void Raise(Trainer trainer, [CallerMemberName] string name = "")
    {
        if (name == hook && trainer.CurrentEpoch > 0)
        {
            throw new InvalidDataException($"{name} failed");
        }
    }
}
