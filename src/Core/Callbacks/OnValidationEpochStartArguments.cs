namespace Fulgurite.Callbacks;

/// <summary>The pass over the validation data begins.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnValidationEpochStartArguments(Trainer Trainer, TrainingModule Module);
