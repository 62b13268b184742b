namespace Fulgurite;

/// <summary>The arguments of <see cref="Callback.OnValidationStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnValidationStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnValidationEpochStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnValidationEpochStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationEpochStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationEpochStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnValidationBatchStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
public readonly record struct OnValidationBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationBatchStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationBatchStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnValidationBatchEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
public readonly record struct OnValidationBatchEndArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationBatchEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationBatchEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnValidationEpochEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnValidationEpochEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationEpochEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationEpochEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnValidationEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnValidationEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnValidationEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnValidationEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTestStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestEpochStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTestEpochStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestEpochStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestEpochStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestBatchStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
public readonly record struct OnTestBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestBatchStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestBatchStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestBatchEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the pass over the data.</param>
public readonly record struct OnTestBatchEndArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestBatchEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestBatchEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestEpochEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTestEpochEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestEpochEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestEpochEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnTestEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTestEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTestEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTestEnd(this);
}

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
