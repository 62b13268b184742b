using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// An optimizer for manual optimization. Its steps are counted, and wait for a save that still copies the parameters.
/// </summary>
public sealed class ManualOptimizer
{
    private readonly OptimizerStepper _stepper;

    internal ManualOptimizer(OptimizerStepper stepper, optim.Optimizer optimizer) => (_stepper, Optimizer) = (stepper, optimizer);

    /// <summary>
    /// Gets the wrapped optimizer. Step it only through <see cref="Step"/>: a step that bypasses the trainer may corrupt a checkpoint that
    /// is being saved.
    /// </summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Performs an optimizer step and counts it. The gradients are kept until <see cref="ZeroGrad"/>.</summary>
    public void Step() => _stepper.StepManually(Optimizer);

    /// <summary>Clears the gradients of this optimizer's parameters.</summary>
    public void ZeroGrad()
    {
        _stepper.BeforeZeroGrad(Optimizer);
        foreach (var parameter in Optimizer.parameters())
        {
            parameter.grad = null;
        }
    }

    /// <summary>Clips the gradients of this optimizer's parameters.</summary>
    /// <param name="norm">The maximum Euclidean norm of all gradients together; null for no limit.</param>
    /// <param name="value">The maximum absolute value of an element; null for no limit.</param>
    public void ClipGradients(double? norm = null, double? value = null) => FitSession.Clip([.. Optimizer.parameters()], norm, value);
}
