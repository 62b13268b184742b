namespace Fulgurite.Callbacks;

/// <summary>Gradients of a batch were computed and added to those of its window.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnAfterBackwardArguments(Trainer Trainer, TrainingModule Module);
