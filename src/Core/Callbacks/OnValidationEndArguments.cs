namespace Fulgurite.Callbacks;

/// <summary>A validation has ended; its metrics are reduced and fresh.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnValidationEndArguments(Trainer Trainer, TrainingModule Module);
