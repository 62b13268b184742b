using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Runs the backward pass and optimizer step of an accumulation window with their hooks, in automatic and manual optimization.
/// </summary>
internal sealed class OptimizerStepper(Trainer trainer, FitSession session)
{
    private readonly TrainerOptions _options = trainer.Run.Options;
    private readonly bool _automatic = session.Module.AutomaticOptimization;

    // An array, so that enumeration in every step does not allocate.
    private readonly optim.Optimizer[] _optimizers = [.. session.Optimizers];
    private readonly SparseStep _step = new(trainer.Strategy, session);
    private readonly AnomalyDetector? _anomalies = trainer.Run.Options.DetectAnomaly
        ? new AnomalyDetector(trainer, session.Module, session.Optimizers)
        : null;

    // Whether clipping in the step, which reads all gradients of the window, comes before the check of them.
    private bool _checksAfterClipping;

    // Whether the gradients of the window are averaged over all processes. Those of an incomplete window at the end of the data are not.
    private bool _isSynchronized;

    /// <summary>Adds the gradients of a batch to those of its accumulation window.</summary>
    public void Backward(Tensor loss)
    {
        if (trainer.Run.Progress.Accumulated == 0)
        {
            foreach (var optimizer in _optimizers)
            {
                BeforeZeroGrad(optimizer);
            }

            session.ClearGradients();
        }

        var window = trainer.Run.AccumulateGradBatches;
        var weight = trainer.Run.Data?.WeightOf(trainer.Run.Progress.Batches) ?? 1;
        if (window == 1 && weight == 1)
        {
            Differentiate(loss);
            return;
        }

        // A variable, since nothing keeps alive an operand that is converted in the call (docs/training.md).
        using Scalar batches = window / weight;
        Differentiate(loss / batches);
    }

    /// <summary>
    /// Called before gradients are clipped in place. One that is not finite makes all of them so, and the one at fault is lost.
    /// </summary>
    public void BeforeClippingInPlace()
    {
        if (_checksAfterClipping)
        {
            _checksAfterClipping = false;
            _anomalies!.CheckGradients();
        }
    }

    /// <summary>Calls the hook before the gradients of an optimizer are cleared.</summary>
    public void BeforeZeroGrad(optim.Optimizer optimizer) =>
        trainer.Run.Hooks.Call(new OnBeforeZeroGradArguments(trainer, session.Module, optimizer));

    /// <summary>Computes gradients, with the hooks before and after.</summary>
    public void Differentiate(Tensor loss)
    {
        if (loss.IsInvalid)
        {
            throw DisposedTensors.Loss(session.Module);
        }

        _anomalies?.CheckLoss(loss);
        trainer.Run.Hooks.Call(new OnBeforeBackwardArguments(trainer, session.Module, loss));
        var isLast = !_automatic || trainer.Run.Progress.Accumulated + 1 >= trainer.Run.AccumulateGradBatches;
        if (isLast && trainer.Strategy is ParallelStrategy parallel)
        {
            parallel.SynchronizesNext = true;
        }

        try
        {
            if (_anomalies is null)
            {
                trainer.Strategy.Backward(loss);
            }
            else
            {
                _anomalies.Backward(trainer.Strategy.Backward, loss);
                _checksAfterClipping = _automatic && session.ClipsInStep && _options.GradientClipNorm is not null
                    && trainer.Run.AccumulateGradBatches == 1
                    && Array.TrueForAll(_optimizers, static optimizer => optimizer is IFusedOptimizer);
                if (!_checksAfterClipping)
                {
                    _anomalies.CheckGradients();
                }
            }
        }
        catch (ExternalException exception) when (Fault(loss) is { } fault)
        {
            throw new InvalidOperationException($"The loss of {session.Module.GetType().Name} has no gradient: {fault}", exception);
        }

        trainer.Run.Progress.Accumulated++;
        _isSynchronized = isLast;
        if (isLast)
        {
            trainer.Strategy.SynchronizeGradients();
        }

        trainer.Run.Hooks.Call(new OnAfterBackwardArguments(trainer, session.Module));
    }

    /// <summary>Returns the reason why libtorch rejected a loss.</summary>
    private static string? Fault(Tensor loss) => (loss.numel(), loss.requires_grad) switch
    {
        _ when loss.is_complex() => "it is complex. Return a real number, for example its absolute value (abs()).",
        _ when !loss.is_floating_point() => $"its type is {loss.dtype}. Compute it in a floating-point type.",
        (not 1, _) => $"it has the shape [{string.Join(", ", loss.shape)}]. Reduce it to one number, for example with mean().",
        (_, false) => "it does not depend on a trained parameter. Return the loss itself, not a detached copy, "
            + "compute it outside of no_grad, and check whether all parameters are frozen.",
        _ => null,
    };

    /// <summary>Steps the optimizers if the accumulation window is full.</summary>
    public bool FinishFullWindow() => trainer.Run.Progress.Accumulated >= trainer.Run.AccumulateGradBatches && FinishWindow();

    /// <summary>Steps the optimizers if the accumulation window is not empty. The last window of an epoch may be incomplete.</summary>
    public bool FinishWindow()
    {
        if (trainer.Run.Progress.Accumulated == 0 || !_automatic)
        {
            return false;
        }

        using var scope = NewDisposeScope();
        if (!_isSynchronized)
        {
            trainer.Strategy.SynchronizeGradients();
        }

        foreach (var optimizer in _optimizers)
        {
            trainer.Run.Hooks.Call(new OnBeforeOptimizerStepArguments(trainer, session.Module, optimizer));
        }

        trainer.Run.Hooks.CallModule(
            new ConfigureGradientClippingArguments(trainer, session.Module, _options.GradientClipNorm, _options.GradientClipValue));
        if (_checksAfterClipping)
        {
            _anomalies!.CheckGradients();
        }

        foreach (var optimizer in _optimizers)
        {
            _step.Step(optimizer);
        }

        _anomalies?.CheckParameters();
        trainer.Run.Progress.Accumulated = 0;
        trainer.Run.CountStep();
        session.Schedulers.OnOptimizerStep();
        return true;
    }

    /// <summary>Steps one optimizer, for manual optimization.</summary>
    public void StepManually(optim.Optimizer optimizer)
    {
        trainer.Run.Hooks.Call(new OnBeforeOptimizerStepArguments(trainer, session.Module, optimizer));
        _step.Step(optimizer);
        _anomalies?.CheckParameters();
        trainer.Run.Progress.Accumulated = 0;
        trainer.Run.CountStep();
    }

    /// <summary>Called at the end of the data of an epoch. Steps epoch-based schedulers, except in manual optimization.</summary>
    public void EndOfData(int epoch)
    {
        if (_automatic)
        {
            session.Schedulers.OnLastBatch(epoch);
        }
    }
}
