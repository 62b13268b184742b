namespace Fulgurite.Callbacks;

/// <summary>A batch is about to be predicted for.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">Its number in the pass over the data, from zero.</param>
public readonly record struct OnPredictBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex);
