namespace Fulgurite.Callbacks;

/// <summary>Predictions have ended.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnPredictEndArguments(Trainer Trainer, TrainingModule Module);
