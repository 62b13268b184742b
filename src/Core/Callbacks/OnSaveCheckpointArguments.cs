using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>A state is being captured; what a hook adds to it is saved.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="State">The state; hooks may add keys of their own.</param>
/// <param name="WeightsOnly">Whether optimizers, callbacks and loops are left out.</param>
public readonly record struct OnSaveCheckpointArguments(Trainer Trainer, TrainingModule Module, TrainingState State, bool WeightsOnly);
