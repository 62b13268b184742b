using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// The metric that checkpoints are compared by. It must be up to date: a value from before the last optimizer step does not describe the
/// state to save.
/// </summary>
internal sealed partial class MonitoredMetric(string name, ILogger logger, string owner = nameof(ModelCheckpoint))
{
    private bool _hasWarned;

    /// <summary>Returns the metric of the current parameters; null if it may still be logged.</summary>
    /// <exception cref="InvalidOperationException">The metric was not logged, and everything that could log it has run.</exception>
    public double? Read(Trainer trainer, in CheckpointMoment moment)
    {
        // The value of a step, which is read at the end of an epoch too, is that of the items of one process, and all must decide alike.
        var isFresh = trainer.Metrics.TryGetFresh(name, out var value);
        if (trainer.Strategy.Collectives.ReduceDecision(isFresh))
        {
            return trainer.Strategy.Collectives.WorldSize > 1 ? MeanOf(value, trainer.Strategy.Collectives) : value;
        }

        if (trainer.Metrics.TryGet(name, out _))
        {
            return null;
        }

        switch (name)
        {
            case "epoch":
                return moment.Epoch;
            case "step":
                return moment.GlobalStep;
            default:
                CheckMayCome(trainer, moment);
                return null;
        }
    }

    /// <summary>Warns at the end of a run that was too short to detect the missing metric earlier.</summary>
    public void EndRun(Trainer trainer)
    {
        if (name is not ("epoch" or "step") && trainer.GlobalStep > 0 && !trainer.Metrics.TryGet(name, out _))
        {
            LogNever(logger, owner, name, trainer.GlobalStep, string.Join(", ", trainer.Metrics.Snapshot().Keys));
        }
    }

    private static double MeanOf(double own, ICollectives collectives)
    {
        using var scope = NewDisposeScope();
        var all = collectives.AllGather(tensor(own)).data<double>().ToArray();

        // That of all processes remains the number that was logged.
        return Array.TrueForAll(all, value => value == own) ? own : all.Average();
    }

    private void CheckMayCome(Trainer trainer, in CheckpointMoment moment)
    {
        var validationIsAhead = trainer.HasValidation && !trainer.Metrics.HasValidated;
        var epochEndIsAhead = moment.Epoch == 0 && moment.Kind != CheckpointMomentKind.TrainEpochEnd;
        var known = string.Join(", ", trainer.Metrics.Snapshot().Keys);
        if (!validationIsAhead && !epochEndIsAhead)
        {
            throw new InvalidOperationException(
                $"{owner} monitors '{name}', which was not logged. Logged so far: {known}. Log it in the module, "
                    + "or set Monitor to one of these.");
        }

        if (moment.Kind == CheckpointMomentKind.ValidationEnd && !_hasWarned)
        {
            _hasWarned = true;
            LogNotYet(logger, owner, name, known);
        }
    }

    [LoggerMessage(
        1100, LogLevel.Warning,
        "{Owner} monitors {Metric}, which the first validation did not log; it waits for the end of the epoch. Logged so far: {Known}")]
    private static partial void LogNotYet(ILogger logger, string owner, string metric, string known);

    [LoggerMessage(
        1104, LogLevel.Warning,
        "{Owner} monitors '{Metric}', which was not logged in the {Steps} steps of this run, so there is no best checkpoint. Logged "
            + "metrics: {Known}. Log it in the module, or set Monitor to one of these; "
            + "a validation metric requires that the run reaches a validation")]
    private static partial void LogNever(ILogger logger, string owner, string metric, long steps, string known);
}
