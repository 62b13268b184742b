using static TorchSharp.torch;

namespace Fulgurite.Loops;

/// <summary>One pass over validation data, in evaluation mode and without gradients.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class ValidationLoop<TBatch>(Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data)
{
    /// <summary>Runs it.</summary>
    /// <param name="ending">Called when its metrics are reduced, before callbacks hear of them.</param>
    /// <param name="cancellationToken">Ends it between two batches.</param>
    public IReadOnlyDictionary<string, double> Run(Action? ending = null, CancellationToken cancellationToken = default)
    {
        var training = module.modules().Prepend(module).Where(child => child.training).ToList();
        module.eval();
        trainer.Metrics.BeginValidation();
        try
        {
            using (no_grad())
            {
                trainer.Hooks.ValidationStart();
                trainer.Hooks.ValidationEpochStart();
                RunBatches(cancellationToken);
                trainer.Hooks.ValidationEpochEnd();
            }
        }
        catch
        {
            trainer.Metrics.AbandonValidation();
            throw;
        }
        finally
        {
            // Each module gets its own mode back: a frozen part that was in evaluation mode stays so.
            module.eval();
            foreach (var child in training)
            {
                SetTraining(child);
            }
        }

        var metrics = trainer.Metrics.EndValidation();
        trainer.LogMetrics(metrics);
        ending?.Invoke();
        trainer.Hooks.ValidationEnd();
        return metrics;
    }

    private static void SetTraining(nn.Module child)
    {
        var evaluating = child.modules().Where(below => !below.training).ToList();
        child.train();
        foreach (var below in evaluating)
        {
            below.eval();
        }
    }

    private void RunBatches(CancellationToken cancellationToken)
    {
        using var batches = data.GetEnumerator();
        var limit = trainer.Options.LimitValidationBatches ?? int.MaxValue;
        for (var index = 0; index < limit; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                break;
            }

            var batch = trainer.Strategy.ToDevice(batches.Current);
            object boxed = batch!;
            trainer.Hooks.ValidationBatchStart(boxed, index);
            module.ValidationStep(batch, index);
            trainer.Hooks.ValidationBatchEnd(boxed, index);
        }
    }
}
