namespace Fulgurite.Callbacks;

/// <summary>A few batches of the validation are about to be tried before training begins.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnSanityCheckStartArguments(Trainer Trainer, TrainingModule Module);
