namespace Fulgurite.Callbacks;

/// <summary>The first epoch is about to start.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnTrainStartArguments(Trainer Trainer, TrainingModule Module);
