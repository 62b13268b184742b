using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>One pass over data in evaluation mode and without gradients: a validation, a test or predictions.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class EvaluationLoop<TBatch>(Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, EvaluationStage<TBatch> stage)
{
    /// <summary>Runs it.</summary>
    /// <param name="atMost">How many batches are used at most, whatever the options say.</param>
    /// <param name="ending">Called when its metrics are reduced, before callbacks hear of them.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    /// <returns>The metrics, reduced.</returns>
    public IReadOnlyDictionary<string, double> Run(int atMost = int.MaxValue, Action? ending = null, CancellationToken cancellation = default)
    {
        var (limit, option) = stage.LimitOf(trainer.Run.Options);
        var count = Math.Min(limit?.Of(option, BatchCounts.Of(data)) ?? int.MaxValue, atMost);
        var modes = ModuleModes.Of(module);
        module.eval();
        trainer.Metrics.BeginEvaluation();
        try
        {
            using var gradients = no_grad();
            stage.Start();
            stage.EpochStart();
            if (data.GetEnumerator().WakenBy(cancellation).Use(batches => RunBatches(batches, count, cancellation), trainer.Log) == 0 && count > 0 && stage.NeedsBatches)
            {
                throw BatchChecks.NoBatch(stage.Data, trainer.CurrentEpoch);
            }

            stage.EpochEnd();
            var metrics = trainer.Metrics.EndEvaluation();
            if (!trainer.IsSanityChecking)
            {
                trainer.LogMetrics(metrics);
                ending?.Invoke();
            }

            var late = trainer.Flow.Around(stage.End);
            return late.Count == 0 ? metrics : new Dictionary<string, double>(metrics.Concat(late), StringComparer.Ordinal);
        }
        catch
        {
            trainer.Metrics.AbandonEvaluation();
            throw;
        }
        finally
        {
            modes.Restore();
        }
    }

    /// <returns>How many batches there were.</returns>
    private int RunBatches(IEnumerator<TBatch> batches, int count, CancellationToken cancellation)
    {
        var index = 0;
        for (; index < count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                break;
            }

            cancellation.ThrowIfCancellationRequested();
            stage.Run(trainer.Strategy.ToDevice(BatchChecks.NotNull(batches.Current, stage.Data, index)), index);
            trainer.Metrics.BatchSize.End();
        }

        return index;
    }
}
