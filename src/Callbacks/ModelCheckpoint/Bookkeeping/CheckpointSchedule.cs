using Fulgurite.Callbacks.Durability;
using Fulgurite.Callbacks.Monitoring;
using Fulgurite.Callbacks.Naming;
using Fulgurite.Callbacks.Retention;
using Fulgurite.Callbacks.Triggers;
using Fulgurite.IO;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks.Bookkeeping;

/// <summary>Decides at each moment of a run what is saved: the newest state, one of the best, or neither; and tells triggers what became of it.</summary>
internal sealed partial class CheckpointSchedule
{
    private readonly ModelCheckpointOptions _options;
    private readonly ILogger _logger;
    private readonly MonitoredMetric? _metric;
    private readonly DurabilityGoal? _goal;
    private readonly CheckpointSaver _saver;
    private bool _hasReported;

    public CheckpointSchedule(ModelCheckpointOptions options, CheckpointNaming naming, TimeProvider time, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        Trigger = options.MakeTrigger(time);
        StateKey = CheckpointStateKey.Of(options, Trigger);
        _saver = new CheckpointSaver(options, naming, StateKey);
        _metric = options.Monitor is { } monitor ? new MonitoredMetric(monitor, logger) : null;
        _goal = options.HasGoal ? new DurabilityGoal(options.LoseAtMost, options.CostAtMost, time) : null;
    }

    /// <summary>Under which the state of the callback is kept.</summary>
    public string StateKey { get; }

    public ICheckpointTrigger Trigger { get; }

    public DurabilityReport? Durability => _goal?.Report;

    public void Start()
    {
        Trigger.Start();
        _goal?.Start();
        _hasReported = false;
    }

    public void At(Trainer trainer, CheckpointBook book, CheckpointMomentKind kind, bool stepped)
    {
        var moment = new CheckpointMoment(kind, trainer.GlobalStep, EpochOf(trainer, kind), stepped, trainer.HasValidation);
        var isDue = IsDue(Trigger, moment, trainer);
        var isNewestDue = (_goal is not null && IsDue(_goal, moment, trainer)) || (isDue && _options.Newest.IsOn);
        SavedCheckpoint? candidate = null;
        if ((isDue || (book.IsDeferred && kind != CheckpointMomentKind.TrainBatchEnd)) && !book.HasCompared(trainer.GlobalStep))
        {
            book.IsDeferred = !TryRank(trainer, book, moment, out candidate);
            isNewestDue |= !book.IsDeferred && _options.Newest.IsOn;
        }

        if (candidate is not null && _goal is { CannotBeMet: true } && book.Shelf.HasPending)
        {
            // Storage does not keep up with what a run resumes from alone: one of the best at a time is all that it gets besides.
            _goal.Skip();
            candidate = null;
        }

        Save(trainer, book, moment.Epoch, candidate, isNewestDue);
    }

    public void SaveNewest(Trainer trainer, CheckpointBook book) => Save(trainer, book, trainer.CurrentEpoch, candidate: null, wantsNewest: true);

    public void Ended(CheckpointTicket ticket)
    {
        Trigger.Ended(ticket);
        _goal?.Ended(ticket);
        if (!_hasReported && _goal?.Report.Problem is { } problem)
        {
            _hasReported = true;
            LogUnreachable(_logger, problem);
        }
    }

    private static bool IsDue(ICheckpointTrigger trigger, in CheckpointMoment moment, Trainer trainer)
    {
        var isDue = trigger.IsDue(moment);
        return trigger.UsesClock && trainer.Strategy.WorldSize > 1 ? trainer.Strategy.ReduceDecision(isDue, all: false) : isDue;
    }

    // At its end an epoch is counted already.
    private static int EpochOf(Trainer trainer, CheckpointMomentKind kind) =>
        kind == CheckpointMomentKind.TrainEpochEnd ? trainer.CurrentEpoch - 1 : trainer.CurrentEpoch;

    /// <summary>Compares the state with what is kept; not where the metric is still to come.</summary>
    private bool TryRank(Trainer trainer, CheckpointBook book, in CheckpointMoment moment, out SavedCheckpoint? candidate)
    {
        candidate = null;
        double? score = _metric is null ? book.Compared + 1 : _metric.Read(trainer, moment);
        if (score is not { } value)
        {
            return false;
        }

        value = _options.Ranking.Normalize(value);
        book.CurrentScore = _metric is null ? null : value;
        book.ComparedStep = trainer.GlobalStep;
        var ranked = new SavedCheckpoint(string.Empty, value, ++book.Compared, trainer.GlobalStep, moment.Epoch);
        candidate = book.Shelf.Admits(ranked) ? ranked : null;
        return true;
    }

    private void Save(Trainer trainer, CheckpointBook book, int epoch, SavedCheckpoint? candidate, bool wantsNewest)
    {
        var tickets = _saver.Save(trainer, book, epoch, candidate, wantsNewest);
        if (tickets.Any is { } ticket)
        {
            Trigger.Asked(ticket);
        }

        if (tickets.Newest is { } newest)
        {
            _goal?.Asked(newest);
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "The goal of durability cannot be had. {Problem}")]
    private static partial void LogUnreachable(ILogger logger, string problem);
}
