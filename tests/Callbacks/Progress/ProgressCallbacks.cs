namespace Fulgurite.Tests.Callbacks.Progress;

/// <summary>The start and every batch take a second.</summary>
internal sealed class SecondsPass(FakeTimeProvider time) : Callback
{
    public override void OnTrainStart(OnTrainStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));
}

/// <summary>Saves after the first step.</summary>
internal sealed class SavesOnce : Callback
{
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Trainer.GlobalStep == 1)
        {
            arguments.Trainer.SaveCheckpoint("one.ckpt");
        }
    }
}
