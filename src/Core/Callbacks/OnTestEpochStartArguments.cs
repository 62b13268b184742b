namespace Fulgurite.Callbacks;

/// <summary>The pass over the test data begins.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnTestEpochStartArguments(Trainer Trainer, TrainingModule Module);
