using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Runs over the training data without training. Logged metrics, random numbers and the data position are not affected.
/// </summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class TrainingPass<TBatch>(
    Trainer trainer, TrainingModule<TBatch> module, TrainingData<TBatch> data, CancellationToken cancellation) : ITrainingPass
{
    public void Run()
    {
        if (!module.AutomaticOptimization)
        {
            throw new InvalidOperationException(
                $"{module.GetType().Name} uses manual optimization, so an additional pass would train it. Disable features with an "
                    + "additional pass over the training data (UpdateBatchNorm of StochasticWeightAveraging).");
        }

        var random = RandomState.Capture();
        var position = trainer.Run.Data?.StateDict();
        var metrics = new TrainingState(
            new StateMap { [CheckpointKeys.Fulgurite] = new StateMap { ["metrics"] = trainer.Metrics.StateDict() } });
        try
        {
            using var _ = no_grad();

            // The last completed epoch, or the one in which training was stopped.
            var epoch = Math.Max(0, trainer.Run.Progress.Batches > 0 ? trainer.Run.Progress.Epochs : trainer.Run.Progress.Epochs - 1);
            if (data.Open(epoch, 0).Use(RunBatches, trainer.Log) == 0)
            {
                throw BatchChecks.NoBatch("training", epoch);
            }
        }
        finally
        {
            trainer.Metrics.TakeOver(metrics);
            if (position is not null)
            {
                trainer.Run.Data!.LoadStateDict(position);
            }

            RandomState.Apply(random);
        }
    }

    private int RunBatches(IEnumerator<TBatch> batches)
    {
        var index = 0;
        for (; index < data.Limit; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                break;
            }

            cancellation.ThrowIfCancellationRequested();
            using var autocast = Autocast.For(trainer.Strategy);
            module.TrainingStep(trainer.Strategy.ToDevice(BatchChecks.NotNull(batches.Current, "training", index)), index);
        }

        return index;
    }
}

/// <summary>An additional pass over the training data of a fit; see <see cref="TrainerEvaluations.ForwardTrainingData"/>.</summary>
internal interface ITrainingPass
{
    void Run();
}

/// <summary>The loss of a batch as a number, read on demand, because reading it waits for an asynchronous device.</summary>
internal sealed class StepLoss(Tensor loss)
{
    private double? _value;

    public double Value => _value ??= loss.ToNumber();
}
