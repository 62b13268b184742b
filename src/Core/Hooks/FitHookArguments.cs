namespace Fulgurite;

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

/// <summary>The arguments of <see cref="Callback.SetUp"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Stage">The purpose of the run.</param>
public readonly record struct SetUpArguments(Trainer Trainer, TrainingModule Module, RunStage Stage) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.SetUp(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.SetUp(this);
}

/// <summary>The arguments of <see cref="Callback.OnException"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Exception">The cause; an <see cref="OperationCanceledException"/> for a cancellation.</param>
/// <param name="IsInterruption">
/// true if the cancellation token of the run was the cause (Ctrl-C, host shutdown); false for a failure.
/// </param>
public readonly record struct OnExceptionArguments(Trainer Trainer, TrainingModule Module, Exception Exception, bool IsInterruption)
    : IHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnException(this);
}

/// <summary>The arguments of <see cref="Callback.TearDown"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Stage">The purpose of the run.</param>
public readonly record struct TearDownArguments(Trainer Trainer, TrainingModule Module, RunStage Stage)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.TearDown(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.TearDown(this);
}
