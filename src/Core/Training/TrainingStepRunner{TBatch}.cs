using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Runs the training batches of one epoch: forward pass, backward pass and, when an accumulation window is full, the optimizer step.
/// </summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
/// <param name="trainer">The trainer.</param>
/// <param name="stepper">Computes gradients and steps.</param>
/// <param name="module">The module.</param>
/// <param name="batches">The batches of the epoch.</param>
/// <param name="cancellation">Ends the run before a batch is used; one that was loaded then is not counted, so a resumed run loads it again.</param>
internal sealed class TrainingStepRunner<TBatch>(
    Trainer trainer, OptimizerStepper stepper, TrainingModule<TBatch> module, IEnumerator<TBatch> batches, CancellationToken cancellation)
{
    private readonly bool _automatic = module.AutomaticOptimization;

    /// <summary>Runs the next batch.</summary>
    /// <returns>false at the end of the data or if a hook ends the epoch; otherwise, true.</returns>
    public bool Run()
    {
        var start = trainer.Run.Instruments.BeginBatch();

        // The scope takes the batch along too: what the enumerator makes while it moves on is gone after the step.
        using var scope = NewDisposeScope();
        if (!MoveNext())
        {
            return false;
        }

        var progress = trainer.Run.Progress;
        var (index, step) = (progress.Batches, progress.GlobalStep);
        var batch = trainer.Strategy.ToDevice(BatchChecks.NotNull(batches.Current, "training", index));
        object boxed = batch!;
        trainer.Metrics.BeginBatch();
        trainer.Metrics.BatchSize.Begin(boxed);
        trainer.Run.Hooks.Call(new OnTrainBatchStartArguments(trainer, module, boxed, index));
        if (progress.RestSkipped)
        {
            return false;
        }

        var loss = module.TrainingStep(batch, index);
        if (loss is { IsInvalid: true })
        {
            throw DisposedTensors.Loss(module);
        }

        if (_automatic && loss is not null)
        {
            stepper.Backward(loss);
        }

        // From here on the gradients count the batch, so the position does too: whatever happens before the step, nothing is counted twice.
        progress.Batches = index + 1;
        progress.TotalBatches++;
        progress.Phase = LoopPhase.TrainBatchEnd;
        stepper.FinishFullWindow();
        if (progress.Batches == trainer.BatchesPerEpoch)
        {
            stepper.FinishWindow();
            stepper.EndOfData(progress.Epochs);
        }

        var stepped = progress.GlobalStep != step;
        var number = loss is null ? null : new StepLoss(loss);
        trainer.Run.Hooks.Call(new OnTrainBatchEndArguments(trainer, module, boxed, index, stepped) { StepLoss = number });
        if (stepped)
        {
            trainer.Flow.AfterStep();
            trainer.Run.Warnings.AfterStep(_automatic ? number : null);
        }

        trainer.Metrics.BatchSize.End();
        trainer.Run.Instruments.EndBatch(start, number, stepped);
        return true;
    }

    private bool MoveNext()
    {
        if (!cancellation.CanBeCanceled)
        {
            return batches.MoveNext();
        }

        // A loaded batch that is given up must not have used random numbers: it is loaded again.
        cancellation.ThrowIfCancellationRequested();
        using var random = get_rng_state();
        var more = batches.MoveNext();
        if (more && cancellation.IsCancellationRequested)
        {
            set_rng_state(random);
            cancellation.ThrowIfCancellationRequested();
        }

        return more;
    }
}
