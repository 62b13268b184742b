namespace Fulgurite;

/// <summary>Sends metrics to the loggers and the meter: reduced ones immediately, step values every few steps.</summary>
internal sealed class MetricFlow(Trainer trainer, IReadOnlyList<IMetricLogger> loggers)
{
    /// <summary>Called after an optimizer step, and again after the hooks of its batch, which may log too.</summary>
    public void AfterStep()
    {
        if ((loggers.Count > 0 || trainer.Run.Instruments.HearsMetrics) && trainer.GlobalStep % trainer.Run.Options.LogEveryNSteps == 0)
        {
            Send(trainer.Metrics.OfStep());
        }
    }

    public void Send(IReadOnlyDictionary<string, double> metrics)
    {
        if (metrics.Count == 0 || trainer.IsFastDevRun || !trainer.Strategy.Collectives.IsRankZero)
        {
            return;
        }

        foreach (var logger in loggers)
        {
            logger.LogMetrics(metrics, trainer.GlobalStep, trainer.CurrentEpoch);
        }

        trainer.Run.Instruments.Tell(metrics);
    }

    /// <summary>Calls hooks outside of epochs and evaluations, and sends the metrics they log.</summary>
    /// <returns>The metrics.</returns>
    public IReadOnlyDictionary<string, double> Around(Action hooks)
    {
        trainer.Metrics.BeginHooks();
        try
        {
            hooks();
            var metrics = trainer.Metrics.EndEvaluation();
            if (!trainer.IsSanityChecking)
            {
                Send(metrics);
            }

            return metrics;
        }
        catch
        {
            trainer.Metrics.AbandonEvaluation();
            throw;
        }
    }

    /// <summary>Reports a checkpoint that became durable.</summary>
    public void Tell(SaveOperation operation)
    {
        foreach (var logger in loggers)
        {
            logger.LogCheckpoint(operation, operation.GlobalStep ?? trainer.GlobalStep);
        }
    }
}
