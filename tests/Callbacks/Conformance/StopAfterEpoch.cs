namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Cancels a run when an epoch has ended.</summary>
/// <param name="epochs">The number of epochs completed by then.</param>
/// <param name="source">What it cancels.</param>
internal sealed class StopAfterEpoch(int epochs, CancellationTokenSource source) : Callback
{
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        if (arguments.Trainer.CurrentEpoch == epochs)
        {
            source.Cancel();
        }
    }
}
