namespace Fulgurite.Callbacks;

/// <summary>The arguments of <see cref="Callback.OnPredictStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnPredictStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnPredictEpochStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnPredictEpochStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictEpochStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictEpochStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnPredictBatchStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
public readonly record struct OnPredictBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictBatchStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictBatchStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnPredictBatchEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
/// <param name="Prediction">The prediction, on the device; disposed after the hook.</param>
public readonly record struct OnPredictBatchEndArguments(
    Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex, object? Prediction)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictBatchEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictBatchEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnPredictEpochEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnPredictEpochEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictEpochEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictEpochEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnPredictEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnPredictEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnPredictEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnPredictEnd(this);
}
