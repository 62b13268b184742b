namespace Fulgurite;

/// <summary>The arguments of <see cref="Callback.OnTrainBatchStart"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the epoch.</param>
public readonly record struct OnTrainBatchStartArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex)
    : IHookArguments, IModuleHookArguments
{
    /// <summary>Skips this batch and the rest of the epoch, which then ends as it does after its last batch.</summary>
    public void SkipRestOfEpoch() => Trainer.Run.Progress.RestSkipped = true;

    void IHookArguments.Call(Callback callback) => callback.OnTrainBatchStart(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainBatchStart(this);
}

/// <summary>The arguments of <see cref="Callback.OnBeforeZeroGrad"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Optimizer">The optimizer.</param>
public readonly record struct OnBeforeZeroGradArguments(Trainer Trainer, TrainingModule Module, TorchSharp.torch.optim.Optimizer Optimizer)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnBeforeZeroGrad(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnBeforeZeroGrad(this);
}

/// <summary>The arguments of <see cref="Callback.OnBeforeBackward"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Loss">The loss, divided by the number of batches in the accumulation window.</param>
public readonly record struct OnBeforeBackwardArguments(Trainer Trainer, TrainingModule Module, TorchSharp.torch.Tensor Loss)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnBeforeBackward(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnBeforeBackward(this);
}

/// <summary>The arguments of <see cref="Callback.OnAfterBackward"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
public readonly record struct OnAfterBackwardArguments(Trainer Trainer, TrainingModule Module) : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnAfterBackward(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnAfterBackward(this);
}

/// <summary>The arguments of <see cref="Callback.OnBeforeOptimizerStep"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Optimizer">The optimizer.</param>
public readonly record struct OnBeforeOptimizerStepArguments(
    Trainer Trainer, TrainingModule Module, TorchSharp.torch.optim.Optimizer Optimizer)
    : IHookArguments, IModuleHookArguments
{
    void IHookArguments.Call(Callback callback) => callback.OnBeforeOptimizerStep(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnBeforeOptimizerStep(this);
}

/// <summary>The arguments of <see cref="ModuleHooks.ConfigureGradientClipping"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Norm">The maximum norm that the options specify; null for none.</param>
/// <param name="Value">The maximum absolute value that the options specify; null for none.</param>
public readonly record struct ConfigureGradientClippingArguments(Trainer Trainer, TrainingModule Module, double? Norm, double? Value)
    : IModuleHookArguments
{
    /// <summary>Clips the gradients of all parameters of the optimizers.</summary>
    /// <param name="norm">The maximum Euclidean norm of all gradients together; null for no limit.</param>
    /// <param name="value">The maximum absolute value of an element; null for no limit.</param>
    public void Clip(double? norm, double? value) => Trainer.Session("There is nothing to clip").ClipGradients(norm, value);

    void IModuleHookArguments.Call(ModuleHooks module) => module.ConfigureGradientClipping(this);
}

/// <summary>The arguments of <see cref="Callback.OnTrainBatchEnd"/>.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">The zero-based index of the batch in the epoch.</param>
/// <param name="Stepped">Whether the optimizer stepped, which it does once per accumulation window.</param>
public readonly record struct OnTrainBatchEndArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex, bool Stepped)
    : IHookArguments, IModuleHookArguments
{
    /// <summary>
    /// Gets the loss, or null if the training step returned none. Read it within the hook. On CUDA, the first read waits for the step.
    /// </summary>
    public double? Loss => StepLoss?.Value;

    internal StepLoss? StepLoss { get; init; }

    void IHookArguments.Call(Callback callback) => callback.OnTrainBatchEnd(this);

    void IModuleHookArguments.Call(ModuleHooks module) => module.OnTrainBatchEnd(this);
}
