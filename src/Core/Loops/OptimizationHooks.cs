using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Loops;

/// <summary>Calls the hooks around backward and the optimizer's step.</summary>
internal sealed class OptimizationHooks(Trainer trainer, TrainingModule module, CallbackList callbacks)
{
    public void BeforeZeroGrad(optim.Optimizer optimizer)
    {
        var arguments = new OnBeforeZeroGradArguments(trainer, module, optimizer);
        callbacks.Run(static (callback, arguments) => callback.OnBeforeZeroGrad(arguments), arguments);
        module.OnBeforeZeroGrad(arguments);
    }

    public void BeforeBackward(Tensor loss)
    {
        var arguments = new OnBeforeBackwardArguments(trainer, module, loss);
        callbacks.Run(static (callback, arguments) => callback.OnBeforeBackward(arguments), arguments);
        module.OnBeforeBackward(arguments);
    }

    public void AfterBackward()
    {
        var arguments = new OnAfterBackwardArguments(trainer, module);
        callbacks.Run(static (callback, arguments) => callback.OnAfterBackward(arguments), arguments);
        module.OnAfterBackward(arguments);
    }

    public void BeforeOptimizerStep(optim.Optimizer optimizer)
    {
        var arguments = new OnBeforeOptimizerStepArguments(trainer, module, optimizer);
        callbacks.Run(static (callback, arguments) => callback.OnBeforeOptimizerStep(arguments), arguments);
        module.OnBeforeOptimizerStep(arguments);
    }

    public void ConfigureGradientClipping(double? norm, double? value) =>
        module.ConfigureGradientClipping(new ConfigureGradientClippingArguments(trainer, module, norm, value));
}
