using Fulgurite.Metrics;
using static TorchSharp.torch;

namespace Fulgurite.Loops;

/// <summary>Training batches of one epoch: forward, backward and, when a window of accumulation is full, the optimizer step.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class TrainingStepRunner<TBatch>(Trainer trainer, FitSession session, TrainingModule<TBatch> module, IEnumerator<TBatch> batches)
{
    /// <summary>Uses the next batch.</summary>
    /// <returns>False at the end of the data.</returns>
    public bool Run()
    {
        // The scope takes the batch along too: what the enumerator makes while it moves on is gone after the step.
        using var scope = NewDisposeScope();
        if (!batches.MoveNext())
        {
            return false;
        }

        var progress = trainer.Progress;
        var index = progress.Batches;
        var batch = trainer.Strategy.ToDevice(batches.Current);
        object boxed = batch!;
        trainer.Hooks.TrainBatchStart(boxed, index);
        if (trainer.Progress.RestSkipped)
        {
            return false;
        }

        trainer.Metrics.BeginBatch();
        var loss = Backward(module.TrainingStep(batch, index));

        // From here on the gradients count the batch, so the position does too: whatever happens before the step, nothing is counted twice.
        progress.Batches = index + 1;
        progress.Phase = LoopPhase.TrainBatchEnd;
        var stepped = FinishFullWindow() || (progress.Batches == trainer.BatchesPerEpoch && FinishWindow());
        if (progress.Batches == trainer.BatchesPerEpoch)
        {
            session.Schedulers.OnLastBatch(progress.Epochs);
        }

        trainer.Hooks.TrainBatchEnd(boxed, index, loss, stepped);
        return true;
    }

    /// <summary>Steps if as many batches as share a step have been used.</summary>
    public bool FinishFullWindow() => trainer.Progress.Accumulated >= trainer.AccumulateGradBatches && FinishWindow();

    /// <summary>Steps with what a window has gathered, if anything: the data may leave one unfinished.</summary>
    public bool FinishWindow()
    {
        if (trainer.Progress.Accumulated == 0)
        {
            return false;
        }

        using var scope = NewDisposeScope();
        Step();
        return true;
    }

    private double? Backward(Tensor? loss)
    {
        if (loss is null)
        {
            return null;
        }

        if (trainer.Progress.Accumulated == 0)
        {
            foreach (var optimizer in session.Optimizers)
            {
                trainer.Hooks.BeforeZeroGrad(optimizer);
            }

            session.ClearGradients();
        }

        var window = trainer.AccumulateGradBatches;
        var share = window == 1 ? loss : loss / window;
        trainer.Hooks.BeforeBackward(share);
        trainer.Strategy.Backward(share);
        trainer.Progress.Accumulated++;
        trainer.Hooks.AfterBackward();
        return loss.ToNumber();
    }

    private void Step()
    {
        foreach (var optimizer in session.Optimizers)
        {
            trainer.Hooks.BeforeOptimizerStep(optimizer);
        }

        if (trainer.Options.GradientClipNorm is { } norm)
        {
            session.ClipGradients(norm);
        }

        foreach (var optimizer in session.Optimizers)
        {
            trainer.Strategy.OptimizerStep(optimizer);
        }

        trainer.Progress.Accumulated = 0;
        trainer.CountStep();
        session.Schedulers.OnOptimizerStep();
    }
}
