namespace Fulgurite.Callbacks;

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
