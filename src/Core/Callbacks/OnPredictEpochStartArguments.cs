namespace Fulgurite.Callbacks;

/// <summary>The pass over the data to predict for begins.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnPredictEpochStartArguments(Trainer Trainer, TrainingModule Module);
