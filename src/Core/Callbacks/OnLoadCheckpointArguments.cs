using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>A state was read and is about to be applied.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="State">The state.</param>
public readonly record struct OnLoadCheckpointArguments(Trainer Trainer, TrainingModule Module, TrainingState State);
