using System.Collections.ObjectModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A pass over data in evaluation mode and without gradients, for validation, test or prediction.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class EvaluationLoop<TBatch>(
    Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, EvaluationStage<TBatch> stage)
{
    /// <summary>Runs the evaluation.</summary>
    /// <param name="atMost">The maximum number of batches, in addition to the limit of the options.</param>
    /// <param name="ending">Called after the metrics are reduced, before callbacks are notified.</param>
    /// <param name="cancellation">Cancels the evaluation between two batches.</param>
    /// <returns>The reduced metrics.</returns>
    public IReadOnlyDictionary<string, double> Run(
        int atMost = int.MaxValue, Action? ending = null, CancellationToken cancellation = default)
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
            if (data.GetEnumerator().WakenBy(cancellation).Use(batches => RunBatches(batches, count, cancellation), trainer.Log) == 0
                && count > 0 && stage.NeedsBatches)
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

    /// <returns>The number of batches.</returns>
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
            try
            {
                stage.Run(trainer.Strategy.ToDevice(BatchChecks.NotNull(batches.Current, stage.Data, index)), index);
            }
            catch (ExternalException exception)
            {
                throw NativeErrors.At(exception, module, stage.Data, trainer.IsFitting ? trainer.CurrentEpoch : null, index);
            }

            trainer.Metrics.BatchSize.End();
        }

        return index;
    }
}

/// <summary>A validation, test or prediction run from set-up to tear-down, including failures.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class EvaluationRun<TBatch>(Trainer trainer, TrainingModule<TBatch> module, EvaluationLoop<TBatch> loop, ILogger logger)
{
    public IReadOnlyDictionary<string, double> Execute(string? checkpointPath, CancellationToken cancellation)
    {
        trainer.Run.WithinAPass(cancellation).ThrowIfCancellationRequested();
        var failure = new RunFailure(trainer, module, logger);
        IReadOnlyDictionary<string, double> metrics;
        try
        {
            trainer.Run.Hooks.Call(new SetUpArguments(trainer, module, trainer.Stage));
            if (checkpointPath is null)
            {
                SetUp();
            }
            else
            {
                trainer.Run.Loads.LoadForEvaluation(module, checkpointPath, SetUp);
            }

            metrics = loop.Run(cancellation: cancellation);
            trainer.Run.Checkpoints.Drain(module);
        }
        catch (Exception thrown)
        {
            var exception = DisposedTensors.Explain(thrown, module);
            failure.End(exception, exception is OperationCanceledException && cancellation.IsCancellationRequested);
            failure.TearDown();
            if (!ReferenceEquals(exception, thrown))
            {
                throw exception;
            }

            throw;
        }

        trainer.Run.Hooks.CallAll(new TearDownArguments(trainer, module, trainer.Stage));
        return new EvaluationMetrics(new Dictionary<string, double>(metrics, StringComparer.Ordinal));
    }

    private void SetUp() => trainer.Strategy.SetUp(module, trainer.Run.Options.Precision);
}

/// <summary>The metrics of an evaluation, whose text is readable.</summary>
internal sealed class EvaluationMetrics(IDictionary<string, double> metrics) : ReadOnlyDictionary<string, double>(metrics)
{
    /// <summary>Returns the names and values in ordinal order, e.g. <c>test_accuracy 0.8125, test_loss 0.4417</c>.</summary>
    public override string ToString() =>
        string.Join(", ", this.OrderBy(metric => metric.Key, StringComparer.Ordinal)
            .Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:G4}")));
}
