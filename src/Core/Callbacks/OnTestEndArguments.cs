namespace Fulgurite.Callbacks;

/// <summary>A test has ended; its metrics are reduced.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnTestEndArguments(Trainer Trainer, TrainingModule Module);
