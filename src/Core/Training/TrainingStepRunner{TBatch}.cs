using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Runs the training batches of one epoch: forward pass, backward pass and, when an accumulation window is full, the optimizer step.
/// </summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class TrainingStepRunner<TBatch>(Trainer trainer, OptimizerStepper stepper, TrainingModule<TBatch> module, IEnumerator<TBatch> batches)
{
    private readonly bool _automatic = module.AutomaticOptimization;

    /// <summary>Runs the next batch.</summary>
    /// <returns>false at the end of the data or if a hook ends the epoch; otherwise, true.</returns>
    public bool Run()
    {
        var start = trainer.Run.Instruments.BeginBatch();

        // The scope includes the batch: tensors that the enumerator creates while advancing are disposed after the step.
        using var scope = NewDisposeScope();
        if (!batches.MoveNext())
        {
            return false;
        }

        var progress = trainer.Run.Progress;
        var (index, step) = (progress.Batches, progress.GlobalStep);
        var batch = trainer.Strategy.ToDevice(batches.Current);
        object boxed = batch!;
        trainer.Metrics.BeginBatch();
        trainer.Run.Hooks.Call(new OnTrainBatchStartArguments(trainer, module, boxed, index));
        if (progress.RestSkipped)
        {
            return false;
        }

        var loss = module.TrainingStep(batch, index);
        if (_automatic && loss is not null)
        {
            stepper.Backward(loss);
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
        }

        trainer.Run.Instruments.EndBatch(start, number, stepped);
        return true;
    }
}
