using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Runs the training batches of one epoch: forward pass, backward pass and, when an accumulation window is full, the optimizer step.
/// </summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
/// <param name="trainer">The trainer.</param>
/// <param name="stepper">Computes gradients and steps.</param>
/// <param name="module">The module.</param>
/// <param name="batches">The batches of the epoch.</param>
/// <param name="cancellation">Cancels the run before a batch is used. A loaded batch is not counted then, so a resumed run reloads
/// it.</param>
internal sealed class TrainingStepRunner<TBatch>(
    Trainer trainer, OptimizerStepper stepper, TrainingModule<TBatch> module, IEnumerator<TBatch> batches, CancellationToken cancellation)
{
    private readonly bool _automatic = module.AutomaticOptimization;

    /// <summary>Runs the next batch.</summary>
    /// <returns>false at the end of the data or if a hook ends the epoch; otherwise, true.</returns>
    public bool Run()
    {
        var start = trainer.Run.Instruments.BeginBatch();

        // The scope includes the batch: tensors that the enumerator creates while advancing are disposed after the step.
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

        Tensor? loss;
        try
        {
            using (Autocast.For(trainer.Strategy))
            {
                loss = module.TrainingStep(batch, index);
            }

            if (loss is { IsInvalid: true })
            {
                throw DisposedTensors.Loss(module);
            }

            if (_automatic && loss is not null)
            {
                stepper.Backward(loss);
            }
        }
        catch (ExternalException exception)
        {
            throw NativeErrors.At(exception, module, "training", progress.Epochs, index);
        }

        // From here on, the gradients include the batch, so the position must too: nothing is counted twice, even on failure.
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

        // A discarded batch is reloaded, so it must not have consumed random numbers.
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
