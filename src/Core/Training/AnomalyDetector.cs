using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Ends a run at the first loss, gradient or parameter that is not finite, and names it.</summary>
/// <remarks>
/// Checks every tensor in every step, which costs about as much as a step of a small model. Intended for debugging. Gradients and
/// parameters of fused optimizers are checked by their kernels: gradients by the sum of their squares, which clipping computes anyway, and
/// parameters as they are written.
/// </remarks>
internal sealed class AnomalyDetector
{
    private readonly Trainer _trainer;
    private readonly TrainingModule _module;
    private readonly FusedStepper[] _steppers;
    private readonly List<(string Name, Parameter Parameter)> _parameters;

    // That of the last loss: the trainer counts it before the step.
    private (int Epoch, int Index) _batch;

    public AnomalyDetector(Trainer trainer, TrainingModule module, IEnumerable<optim.Optimizer> optimizers)
    {
        (_trainer, _module) = (trainer, module);
        _parameters = [.. module.named_parameters()];
        _steppers = [.. optimizers.OfType<IFusedOptimizer>().Select(optimizer => optimizer.Stepper)];
        Array.ForEach(_steppers, stepper => stepper.ChecksParameters = true);
    }

    private string Place => $"at step {_trainer.GlobalStep} (epoch {_batch.Epoch + 1}, batch {_batch.Index + 1})";

    /// <summary>Checks the loss after the training step, before the backward pass.</summary>
    public void CheckLoss(Tensor loss)
    {
        _batch = (_trainer.CurrentEpoch, _trainer.CurrentBatch);
        if (FiniteValues.AreAll(loss))
        {
            return;
        }

        var tensors = _parameters.Select(entry => (Kind: "parameter", entry.Name, Tensor: (Tensor)entry.Parameter))
            .Concat(_module.named_buffers().Select(entry => (Kind: "buffer", entry.name, Tensor: entry.buffer)));
        var (kind, name, tensor) = tensors.FirstOrDefault(entry => !FiniteValues.AreAll(entry.Tensor));
        throw new NonFiniteValueException(
            $"The loss is {FiniteValues.Describe(loss)} {Place}. " + (tensor is null
                ? "All parameters and buffers of the module are finite, so its forward made it: look at the batch, and at divisions, "
                + "logarithms and square roots."
                : $"The {kind} {Display(name)} is not finite: {FiniteValues.Describe(tensor)}."),
            name,
            _trainer.GlobalStep);
    }

    /// <summary>
    /// Runs a backward pass with anomaly detection, which finds the first function with a NaN result.
    /// </summary>
    public void Backward(Action<Tensor> backward, Tensor loss)
    {
        Array.ForEach(_steppers, static stepper => stepper.GradientSquares = null);
        try
        {
            using (autograd.detect_anomaly())
            {
                backward(loss);
            }
        }
        catch (Exception exception) when (exception.Message.Contains("returned nan values", StringComparison.Ordinal))
        {
            throw new NonFiniteValueException(
                $"The backward pass produced NaN {Place}: {FirstLine(exception.Message)} Avoid arguments at which the derivative of this "
                    + "operation is undefined, such as a square root or logarithm at 0.",
                tensor: null,
                _trainer.GlobalStep,
                exception);
        }
    }

    /// <summary>
    /// Checks the gradients. Those whose norm is known were read for it, and are read again only to name the one at fault.
    /// </summary>
    public void CheckGradients()
    {
        // Squares of large numbers in float64 may overflow, so that only a finite sum is conclusive.
        var steppers = _steppers.Where(static stepper =>
            double.IsFinite(stepper.GradientSquares ?? (stepper.TrySumGradientSquares(out var sum) ? sum : double.NaN))).ToArray();
        foreach (var (name, parameter) in ParametersOutside(steppers))
        {
            using var gradient = parameter.grad;
            if (gradient is not null && !FiniteValues.AreAll(gradient))
            {
                throw Unfit(
                    "gradient of", name, gradient,
                    "Lower the learning rate, or look at the loss: clipping does not mend a gradient that is not finite.");
            }
        }
    }

    /// <summary>Checks the parameters after the optimizer step.</summary>
    public void CheckParameters()
    {
        foreach (var (name, parameter) in ParametersOutside([.. _steppers.Where(static stepper => stepper.LeftFiniteValues == true)]))
        {
            if (!FiniteValues.AreAll(parameter))
            {
                throw Unfit(
                    "parameter", name, parameter,
                    "All gradients were finite, so the optimizer made it: lower the learning rate, or raise its eps.");
            }
        }
    }

    private IEnumerable<(string Name, Parameter Parameter)> ParametersOutside(FusedStepper[] steppers) =>
        _parameters.Where(entry => !Array.Exists(steppers, stepper => stepper.Has(entry.Parameter)));

    private static string Display(string name) =>
        name.LastIndexOf('.') is var dot && dot > 0 ? $"'{name}' of the module '{name[..dot]}'" : $"'{name}'";

    private static string FirstLine(string message) =>
        message.AsSpan()[..(message.IndexOf('\n') is var end && end >= 0 ? end : message.Length)].Trim().ToString();

    private NonFiniteValueException Unfit(string what, string name, Tensor tensor, string remedy) =>
        new($"The {what} {Display(name)} is {FiniteValues.Describe(tensor)} {Place}. {remedy}", name, _trainer.GlobalStep);
}
