namespace Fulgurite.Callbacks;

/// <summary>A fit begins: the module is on its device, the optimizers are made, and a checkpoint to resume from is loaded.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnFitStartArguments(Trainer Trainer, TrainingModule Module);
