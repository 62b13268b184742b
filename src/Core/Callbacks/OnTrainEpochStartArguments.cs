namespace Fulgurite.Callbacks;

/// <summary>An epoch is about to start.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnTrainEpochStartArguments(Trainer Trainer, TrainingModule Module);
