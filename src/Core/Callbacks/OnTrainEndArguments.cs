namespace Fulgurite.Callbacks;

/// <summary>The last epoch has ended or training was told to stop; checkpoints may still be saved.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
public readonly record struct OnTrainEndArguments(Trainer Trainer, TrainingModule Module);
