namespace Fulgurite.Callbacks;

/// <summary>Predictions begin; the module is in evaluation mode.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnPredictStartArguments(Trainer Trainer, TrainingModule Module);
