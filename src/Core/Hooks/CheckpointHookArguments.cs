using Fulgurite.State;

namespace Fulgurite;

/// <summary>The arguments of <see cref="Callback.OnSaveCheckpoint"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="State">The state; hooks can add entries to it.</param>
/// <param name="WeightsOnly">Whether the state excludes optimizers, callbacks and loops.</param>
public readonly record struct OnSaveCheckpointArguments(Trainer Trainer, TrainingModule Module, TrainingState State, bool WeightsOnly)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnSaveCheckpoint(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnSaveCheckpoint(this);
}

/// <summary>The arguments of <see cref="Callback.OnLoadCheckpoint"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="State">The state; hooks can change its entries, e.g. rename those of an older version.</param>
public readonly record struct OnLoadCheckpointArguments(Trainer Trainer, TrainingModule Module, TrainingState State)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnLoadCheckpoint(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnLoadCheckpoint(this);
}

/// <summary>The arguments of <see cref="Callback.OnCheckpointDurable"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Operation">The save: its path, score (<see cref="SaveOptions.Score"/>), size and times.</param>
public readonly record struct OnCheckpointDurableArguments(Trainer Trainer, TrainingModule Module, SaveOperation Operation) : IHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnCheckpointDurable(this);
}

/// <summary>The arguments of <see cref="Callback.OnCheckpointDropped"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Operation">The save: its path, outcome and failure.</param>
public readonly record struct OnCheckpointDroppedArguments(Trainer Trainer, TrainingModule Module, SaveOperation Operation) : IHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnCheckpointDropped(this);
}
