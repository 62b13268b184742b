namespace Fulgurite.Callbacks;

/// <summary>A run is over, whichever way it ended: the last hook of all.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it runs.</param>
/// <param name="Stage">What the run is for.</param>
public readonly record struct TearDownArguments(Trainer Trainer, TrainingModule Module, RunStage Stage);
