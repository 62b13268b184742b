using System.Runtime.CompilerServices;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Throws in one hook or step of its second epoch, so that there is something to save by then.</summary>
internal sealed class RaisingModule(string hook) : PolicyModule
{
    public static string[] Hooks { get; } =
    [
        nameof(TrainingStep), nameof(ValidationStep), nameof(ConfigureGradientClipping),
        nameof(OnTrainEpochStart), nameof(OnTrainBatchStart), nameof(OnBeforeZeroGrad), nameof(OnBeforeBackward),
        nameof(OnAfterBackward), nameof(OnBeforeOptimizerStep), nameof(OnTrainBatchEnd), nameof(OnValidationStart),
        nameof(OnValidationEpochStart), nameof(OnValidationBatchStart), nameof(OnValidationBatchEnd), nameof(OnValidationEpochEnd),
        nameof(OnValidationEnd), nameof(OnTrainEpochEnd), nameof(OnTrainEnd),
    ];

    public override Tensor? TrainingStep(Tensor batch, int batchIndex)
    {
        Raise();
        return base.TrainingStep(batch, batchIndex);
    }

    public override void ValidationStep(Tensor batch, int batchIndex) => Raise();

    public override void ConfigureGradientClipping(ConfigureGradientClippingArguments arguments) => Raise();

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Raise();

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Raise();

    public override void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) => Raise();

    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => Raise();

    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => Raise();

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => Raise();

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        base.OnTrainBatchEnd(arguments);
        Raise();
    }

    public override void OnValidationStart(OnValidationStartArguments arguments) => Raise();

    public override void OnValidationEpochStart(OnValidationEpochStartArguments arguments) => Raise();

    public override void OnValidationBatchStart(OnValidationBatchStartArguments arguments) => Raise();

    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => Raise();

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => Raise();

    public override void OnValidationEnd(OnValidationEndArguments arguments) => Raise();

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        base.OnTrainEpochEnd(arguments);
        Raise();
    }

    public override void OnTrainEnd(OnTrainEndArguments arguments) => Raise();

    private void Raise([CallerMemberName] string name = "")
    {
        if (name == hook && Trainer!.CurrentEpoch > 0)
        {
            throw new InvalidDataException($"{name} failed");
        }
    }
}
