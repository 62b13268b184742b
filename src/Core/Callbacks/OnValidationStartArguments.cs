namespace Fulgurite.Callbacks;

/// <summary>A validation begins; the module is in evaluation mode.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnValidationStartArguments(Trainer Trainer, TrainingModule Module);
