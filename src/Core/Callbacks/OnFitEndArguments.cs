namespace Fulgurite.Callbacks;

/// <summary>A fit has ended: every checkpoint that was accepted is durable or has failed.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnFitEndArguments(Trainer Trainer, TrainingModule Module);
