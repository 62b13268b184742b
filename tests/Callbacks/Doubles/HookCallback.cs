namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Does what a test wants in a hook.</summary>
internal sealed class HookCallback : Callback
{
    public Action FitStart { get; set; } = () => { };

    public Action EpochStart { get; init; } = () => { };

    public Action BeforeStep { get; init; } = () => { };

    public override void OnFitStart(OnFitStartArguments arguments) => FitStart();

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => EpochStart();

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => BeforeStep();
}
