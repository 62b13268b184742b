namespace Fulgurite.Callbacks;

/// <summary>The data to predict for is used up.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnPredictEpochEndArguments(Trainer Trainer, TrainingModule Module);
