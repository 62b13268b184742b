using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>An optimizer in the hands of a module that optimizes manually: its steps count, and they wait for what a save still copies.</summary>
public sealed class ManualOptimizer
{
    private readonly OptimizerStepper _stepper;

    internal ManualOptimizer(OptimizerStepper stepper, optim.Optimizer optimizer) => (_stepper, Optimizer) = (stepper, optimizer);

    /// <summary>The optimizer itself. Step it by <see cref="Step"/>: a step that goes by the trainer may spoil a checkpoint being saved.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Changes the parameters; the step is counted. Gradients stay until <see cref="ZeroGrad"/>.</summary>
    public void Step() => _stepper.StepManually(Optimizer);

    /// <summary>Lets go of the gradients of the parameters that this optimizer changes.</summary>
    public void ZeroGrad()
    {
        _stepper.BeforeZeroGrad(Optimizer);
        foreach (var parameter in Optimizer.parameters())
        {
            parameter.grad = null;
        }
    }

    /// <summary>Clips the gradients of the parameters that this optimizer changes.</summary>
    /// <param name="norm">The largest Euclidean norm that they keep together; null for no limit.</param>
    /// <param name="value">The largest absolute value that an element keeps; null for no limit.</param>
    public void ClipGradients(double? norm = null, double? value = null) => FitSession.Clip([.. Optimizer.parameters()], norm, value);
}
