namespace Fulgurite.Callbacks;

/// <summary>A training batch is about to be used.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">Its number in the epoch, from zero.</param>
public readonly record struct OnTrainBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
{
    /// <summary>Leaves out this batch and the rest of the epoch, which then ends as if its data were used up.</summary>
    public void SkipRestOfEpoch() => Trainer.Run.Progress.RestSkipped = true;
}
