using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks;

/// <summary>Specifies what to save at a moment of a run.</summary>
/// <param name="Epoch">The number of the epoch in file names.</param>
/// <param name="Candidate">The checkpoint among the best; null for none.</param>
/// <param name="IsNewestDue">Whether to save the newest state, unless it is already saved and there is no new best checkpoint.</param>
internal readonly record struct DueSave(int Epoch, SavedCheckpoint? Candidate, bool IsNewestDue);

/// <summary>
/// Decides at each moment of a run whether to save the newest state, one of the best, or neither, and reports the saves to triggers.
/// </summary>
internal sealed partial class CheckpointSchedule
{
    private readonly ModelCheckpointOptions _options;
    private readonly ILogger _logger;
    private readonly MonitoredMetric? _metric;
    private readonly DurabilityGoal? _goal;
    private bool _hasReported;

    public CheckpointSchedule(ModelCheckpointOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        Trigger = options.MakeTrigger(time);
        StateKey = CheckpointStateKey.Of(options, Trigger);
        _metric = options.Monitor is { } monitor ? new MonitoredMetric(monitor, logger) : null;
        _goal = options.HasGoal ? new DurabilityGoal(options.MaxDataLoss, options.MaxOverhead, time) : null;
    }

    /// <summary>Gets the key of the callback state.</summary>
    public string StateKey { get; }

    public ICheckpointTrigger Trigger { get; }

    public DurabilityReport? Durability => _goal?.Report;

    public void Start()
    {
        Trigger.Start();
        _goal?.Start();
        _hasReported = false;
    }

    /// <summary>Decides what is due at a moment.</summary>
    public DueSave Decide(Trainer trainer, CheckpointRecord record, CheckpointMomentKind kind, bool stepped)
    {
        var moment = new CheckpointMoment(kind, trainer.GlobalStep, EpochOf(trainer, kind), stepped, trainer.HasValidation);
        var isDue = IsDue(Trigger, moment, trainer);
        var isNewestDue = (_goal is not null && IsDue(_goal, moment, trainer)) || (isDue && _options.Newest.IsOn);
        SavedCheckpoint? candidate = null;
        if ((isDue || (record.IsDeferred && kind != CheckpointMomentKind.TrainBatchEnd)) && !record.HasCompared(trainer.GlobalStep))
        {
            record.IsDeferred = !TryRank(trainer, record, moment, out candidate);
            isNewestDue |= !record.IsDeferred && _options.Newest.IsOn;

            // Each process measures by its own clock.
            if (_goal is not null && trainer.Strategy.Collectives.ReduceDecision(_goal.CannotBeMet, all: false)
                && candidate is not null && record.Retained.HasPending)
            {
                // Storage cannot keep up with the newest states alone, so only one best checkpoint is written at a time.
                _goal.Skip();
                candidate = null;
            }
        }

        return new DueSave(moment.Epoch, candidate, isNewestDue);
    }

    /// <summary>Warns if the monitored metric was never logged.</summary>
    public void EndRun(Trainer trainer) => _metric?.EndRun(trainer);

    /// <summary>Reports the accepted operations of a save to triggers.</summary>
    /// <param name="operation">Any operation of the save; null if there is none.</param>
    /// <param name="newest">The operation that saves the newest state; null if there is none.</param>
    public void Asked(SaveOperation? operation, SaveOperation? newest)
    {
        if (operation is not null)
        {
            Trigger.Asked(operation);
        }

        if (newest is not null)
        {
            _goal?.Asked(newest);
        }
    }

    public void Ended(SaveOperation operation)
    {
        Trigger.Ended(operation);
        _goal?.Ended(operation);
        if (!_hasReported && _goal?.Report.Problem is { } problem)
        {
            _hasReported = true;
            LogUnreachable(_logger, problem);
        }
    }

    private static bool IsDue(ICheckpointTrigger trigger, in CheckpointMoment moment, Trainer trainer)
    {
        var isDue = trigger.IsDue(moment);
        return trigger.UsesClock ? trainer.Strategy.Collectives.ReduceDecision(isDue, all: false) : isDue;
    }

    // At its end an epoch is counted already.
    private static int EpochOf(Trainer trainer, CheckpointMomentKind kind) =>
        kind == CheckpointMomentKind.TrainEpochEnd ? trainer.CurrentEpoch - 1 : trainer.CurrentEpoch;

    /// <summary>Compares the state with the kept checkpoints; returns false if the metric is not available yet.</summary>
    private bool TryRank(Trainer trainer, CheckpointRecord record, in CheckpointMoment moment, out SavedCheckpoint? candidate)
    {
        candidate = null;
        double? score = _metric is null ? record.Compared + 1 : _metric.Read(trainer, moment);
        if (score is not { } value)
        {
            return false;
        }

        value = _options.Ranking.Normalize(value);
        record.CurrentScore = _metric is null ? null : value;
        record.ComparedStep = trainer.GlobalStep;
        var ranked = new SavedCheckpoint(string.Empty, value, ++record.Compared, trainer.GlobalStep, moment.Epoch);
        candidate = record.Retained.Admits(ranked) ? ranked : null;
        return true;
    }

    [LoggerMessage(1101, LogLevel.Warning, "The durability target cannot be met. {Problem}")]
    private static partial void LogUnreachable(ILogger logger, string problem);
}
