namespace Fulgurite.Callbacks;

/// <summary>A training batch is about to be used.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">Its number in the epoch, from zero.</param>
public readonly record struct OnTrainBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex);
