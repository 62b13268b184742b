namespace Fulgurite.Callbacks;

/// <summary>A batch was predicted for.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">Its number in the pass over the data, from zero.</param>
/// <param name="Prediction">What the step returned, on the device and gone after the hook.</param>
public readonly record struct OnPredictBatchEndArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex, object? Prediction);
