namespace Fulgurite.Callbacks;

/// <summary>The arguments of <see cref="Callback.OnFitStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnFitStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnFitStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnFitStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnSanityCheckStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnSanityCheckStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnSanityCheckStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnSanityCheckEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnSanityCheckEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnSanityCheckEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnTrainStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTrainStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTrainStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnTrainEpochStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTrainEpochStartArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTrainEpochStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainEpochStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnTrainEpochEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTrainEpochEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTrainEpochEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainEpochEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnTrainEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnTrainEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnTrainEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainEnd(this);
}

/// <summary>The arguments of <see cref="Callback.OnFitEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnFitEndArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnFitEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnFitEnd(this);
}
