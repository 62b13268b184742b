namespace Fulgurite.Callbacks;

/// <summary>A run begins: nothing is loaded, moved to a device or made yet.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
/// <param name="Stage">What the run is for.</param>
public readonly record struct SetUpArguments(Trainer Trainer, TrainingModule Module, RunStage Stage);
