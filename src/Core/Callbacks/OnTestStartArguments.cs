namespace Fulgurite.Callbacks;

/// <summary>A test begins; the module is in evaluation mode.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnTestStartArguments(Trainer Trainer, TrainingModule Module);
