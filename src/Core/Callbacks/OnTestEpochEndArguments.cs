namespace Fulgurite.Callbacks;

/// <summary>The test data is used up and metrics are not reduced yet: the place to log what was gathered.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
public readonly record struct OnTestEpochEndArguments(Trainer Trainer, TrainingModule Module);
