namespace Fulgurite.Callbacks;

/// <summary>An epoch has ended; its metrics are reduced.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnTrainEpochEndArguments(Trainer Trainer, TrainingModule Module);
