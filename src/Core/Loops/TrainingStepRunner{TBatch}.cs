using Fulgurite.Callbacks;
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
        trainer.CallbackList.Run(
            static (callback, arguments) => callback.OnTrainBatchStart(arguments),
            new OnTrainBatchStartArguments(trainer, module, batch!, index));

        var loss = Backward(module.TrainingStep(batch, index));
        var stepped = progress.Accumulated >= trainer.Options.AccumulateGradBatches;
        if (stepped)
        {
            Step();
        }

        progress.Batches = index + 1;
        progress.Phase = LoopPhase.TrainBatchEnd;
        trainer.CallbackList.Run(
            static (callback, arguments) => callback.OnTrainBatchEnd(arguments),
            new OnTrainBatchEndArguments(trainer, module, batch!, index, loss, stepped));
        return true;
    }

    /// <summary>Steps with what a window that the data left unfinished has gathered.</summary>
    public void FinishWindow()
    {
        if (trainer.Progress.Accumulated > 0)
        {
            using var scope = NewDisposeScope();
            Step();
        }
    }

    private double? Backward(Tensor? loss)
    {
        if (loss is null)
        {
            return null;
        }

        var window = trainer.Options.AccumulateGradBatches;
        trainer.Strategy.Backward(window == 1 ? loss : loss / window);
        trainer.Progress.Accumulated++;
        return loss.ToNumber();
    }

    private void Step()
    {
        if (trainer.Options.GradientClipNorm is { } norm)
        {
            session.ClipGradients(norm);
        }

        trainer.CallbackList.Run(
            static (callback, arguments) => callback.OnBeforeOptimizerStep(arguments),
            new OnBeforeOptimizerStepArguments(trainer, module, session.Optimizer));
        trainer.Strategy.OptimizerStep(session.Optimizer);
        session.ClearGradients();
        trainer.Progress.Accumulated = 0;
        trainer.CountStep();
    }
}
