using System.Collections.ObjectModel;
using Fulgurite.Callbacks.Durability;
using Fulgurite.Callbacks.Last;
using Fulgurite.Callbacks.Monitoring;
using Fulgurite.Callbacks.Naming;
using Fulgurite.Callbacks.Retention;
using Fulgurite.Callbacks.Triggers;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite.Callbacks;

/// <summary>Keeps the best checkpoints by a metric, and the newest one.</summary>
/// <remarks>
/// <para>It is put together of policies, each of which does without the others: triggers (<see cref="ICheckpointTrigger"/>) say when,
/// retention (<see cref="ICheckpointRetention"/>) says what is kept, naming (<see cref="CheckpointNaming"/>) says under which names, and
/// <see cref="SaveLast"/> says what becomes of the newest state.</para>
/// <para>Names are reserved when a save is asked for; an older checkpoint is removed only once its replacement is durable; a save that
/// fails gives its place back. So there is never a moment without a valid checkpoint, however slow storage is. What is compared must be
/// fresh: where the metric was logged before the last optimizer step, the save waits for the next validation or end of an epoch that logs
/// it. The file that a run goes on from is never removed, and neither is one that the callback did not make.</para>
/// </remarks>
[Plugin("model-checkpoint")]
public sealed partial class ModelCheckpoint : Checkpoint, IConfigurable<ModelCheckpointOptions>
{
    private readonly ModelCheckpointOptions _options;
    private readonly ILogger _logger;
    private readonly ICheckpointTrigger _trigger;
    private readonly CheckpointNaming _naming;
    private readonly CheckpointShelf _shelf;
    private readonly MonitoredMetric? _metric;
    private readonly DurabilityGoal? _goal;
    private readonly LastCheckpoint _last = new();
    private readonly SaveLast _saveLast;
    private CheckpointPaths? _paths;
    private StateMap? _loaded;
    private RunPosition _start;
    private string? _resumedFrom;
    private string? _inheritedBest;
    private string? _reported;
    private bool _isRunning;
    private bool _isChecking;
    private bool _isDeferred;
    private long _number;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">When it saves and what it keeps; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="logger">Hears of goals that cannot be had; null for nobody.</param>
    /// <exception cref="ArgumentException">Options contradict each other.</exception>
    public ModelCheckpoint(ModelCheckpointOptions? options = null, TimeProvider? timeProvider = null, ILogger<ModelCheckpoint>? logger = null)
    {
        _options = options ?? new ModelCheckpointOptions();
        if (_options.Contradiction is { } contradiction)
        {
            throw new ArgumentException(contradiction, nameof(options));
        }

        var time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _trigger = _options.MakeTrigger(time);
        _naming = _options.MakeNaming();
        _shelf = new CheckpointShelf(_options.MakeRetention(), _options.Ranking);
        _metric = _options.Monitor is { } monitor ? new MonitoredMetric(monitor, _logger) : null;
        _goal = _options.LoseAtMost is null && _options.CostAtMost is null ? null : new DurabilityGoal(_options.LoseAtMost, _options.CostAtMost, time);
        _saveLast = _goal is null || _options.SaveLast.IsOn ? _options.SaveLast : SaveLast.File;
    }

    /// <inheritdoc/>
    public ModelCheckpointOptions Options => _options;

    /// <summary>What says when a checkpoint is due.</summary>
    public ICheckpointTrigger Trigger => _trigger;

    /// <inheritdoc/>
    public override string StateKey =>
        $"ModelCheckpoint{{'monitor': {Quoted(_options.Monitor)}, 'mode': {Quoted(_options.Mode.ToString().ToLowerInvariant())}, 'every_n_train_steps': {(_trigger as EveryNStepsTrigger)?.Steps ?? 0}, 'every_n_epochs': {(_trigger as EveryNEpochsTrigger)?.Epochs ?? 0}, 'train_time_interval': {Quoted(_options.TrainTimeInterval?.ToString("c"))}, 'filename': {Quoted(_options.Filename)}, 'name': {Quoted(_options.Name)}}}";

    /// <inheritdoc/>
    public override bool SavesWeightsOnly => _options.SaveWeightsOnly;

    /// <inheritdoc/>
    public override string? BestModelPath => _shelf.Best?.Path ?? _inheritedBest;

    /// <inheritdoc/>
    public override string? LastModelPath => _last.DurablePath;

    /// <summary>The metric of the best checkpoint that is durable; null where there is none or nothing is compared.</summary>
    public double? BestModelScore => _metric is null ? null : _shelf.Best?.Score;

    /// <summary>The metric at the last save, the worst possible for one that is no number; null where there was none or nothing is compared.</summary>
    public double? CurrentScore { get; private set; }

    /// <summary>The checkpoints that are kept with their metric, best first, saves that are not durable yet counted; empty where nothing is compared.</summary>
    public IReadOnlyDictionary<string, double> BestKModels => _metric is null
        ? ReadOnlyDictionary<string, double>.Empty
        : _shelf.Kept.ToDictionary(saved => saved.Path, saved => saved.Score, StringComparer.Ordinal);

    /// <summary>The worst of the checkpoints that are kept; null where there is none or nothing is compared.</summary>
    public string? KthBestModelPath => _metric is not null && _shelf.Kept is [.., var worst] ? worst.Path : null;

    /// <summary>The number of optimizer steps at the last save of one of the best; zero where there was none.</summary>
    public long LastGlobalStepSaved { get; private set; }

    /// <summary>How the goal of <see cref="ModelCheckpointOptions.LoseAtMost"/> and <see cref="ModelCheckpointOptions.CostAtMost"/> was kept so far; null without one.</summary>
    public DurabilityReport? Durability => _goal?.Report;

    /// <summary>Where the newest state goes, be it there yet or not.</summary>
    internal string? NewestPath => _last.Path;

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return _last.DurablePath ?? LastCheckpointSearch.Find(Directory(trainer), _naming, _options.LastFilename, trainer.Strategy);
    }

    /// <summary>Writes <see cref="BestKModels"/> as YAML, a path with its metric a line.</summary>
    /// <param name="path">Where to; null for <c>best_k_models.yaml</c> in the directory of the checkpoints.</param>
    /// <exception cref="InvalidOperationException">There is no directory yet, or it is none of this machine.</exception>
    public void ToYaml(string? path = null)
    {
        var directory = _paths?.Directory;
        var file = path ?? (directory is { IsLocal: true }
            ? directory["best_k_models.yaml"]
            : throw new InvalidOperationException("The checkpoints have no directory on this machine yet. Give a path, or call this after a fit has started."));
        System.IO.Directory.CreateDirectory(CheckpointDirectory.ParentOf(file));
        File.WriteAllText(file, BestModelsText.ToYaml(BestKModels));
    }

    /// <inheritdoc/>
    public override StateMap StateDict()
    {
        if (_paths is null)
        {
            return [];
        }

        var state = ModelCheckpointState.Write(this, _shelf.Kept, _shelf.All, _paths.Directory.Relative);
        state["last_name"] = _last.Path is null ? string.Empty : _last.Name ?? string.Empty;
        state["saves"] = _number;
        state["last_global_step_saved"] = LastGlobalStepSaved;
        state["deferred"] = _isDeferred;
        return state;
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state) => _loaded = state;

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        var trainer = arguments.Trainer;
        _paths = new CheckpointPaths(Directory(trainer), _naming, _options.EnableVersionCounter, trainer);
        _resumedFrom = trainer.ResumedFrom is { } path ? CheckpointDirectory.Canonical(path) : null;
        _start = RunPosition.Of(trainer);
        _shelf.Clear();
        _last.Clear();
        (_number, LastGlobalStepSaved, CurrentScore, _inheritedBest, _isDeferred, _isChecking) = (0, 0, null, null, false, false);
        if (_loaded is { Count: > 0 } state)
        {
            TakeOver(state);
        }

        _loaded = null;
        _trigger.Start();
        _goal?.Start();
        _isRunning = true;
    }

    /// <inheritdoc/>
    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => _isChecking = true;

    /// <inheritdoc/>
    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => _isChecking = false;

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) =>
        At(arguments.Trainer, CheckpointMomentKind.TrainBatchEnd, arguments.Stepped);

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments) => At(arguments.Trainer, CheckpointMomentKind.ValidationEnd);

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => At(arguments.Trainer, CheckpointMomentKind.TrainEpochEnd);

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        if (_saveLast.IsOn)
        {
            SaveNewest(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        // A run that ends before it trained has nothing to save, and what is there is better.
        if (_isRunning
            && !_isChecking
            && (arguments.IsInterruption ? _options.SaveOnInterruption : _options.SaveOnException)
            && !_start.IsSameStateAs(RunPosition.Of(arguments.Trainer))
            && (_saveLast.IsOn || LastGlobalStepSaved != arguments.Trainer.GlobalStep))
        {
            SaveNewest(arguments.Trainer);
        }

        _isRunning = false;
    }

    /// <inheritdoc/>
    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments) =>
        Ended(arguments.Trainer, arguments.Ticket, _shelf.Confirm(arguments.Ticket));

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments)
    {
        var removable = _shelf.Withdraw(arguments.Ticket);
        if (!_shelf.Holds(arguments.Ticket.Path) && !_last.Holds(arguments.Ticket.Path))
        {
            _paths?.GiveBack(arguments.Ticket.Path);
        }

        Ended(arguments.Trainer, arguments.Ticket, removable);
    }

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments) => _isRunning = false;

    private void At(Trainer trainer, CheckpointMomentKind kind, bool stepped = false)
    {
        if (!_isRunning || _isChecking || !trainer.IsFitting)
        {
            return;
        }

        var moment = new CheckpointMoment(kind, trainer.GlobalStep, EpochOf(trainer, kind), stepped, trainer.HasValidation);
        var isDue = IsDue(_trigger, moment, trainer);
        var isNewestDue = (_goal is not null && IsDue(_goal, moment, trainer)) || (isDue && _saveLast.IsOn);
        SavedCheckpoint? candidate = null;
        if ((isDue || (_isDeferred && kind != CheckpointMomentKind.TrainBatchEnd)) && LastGlobalStepSaved != trainer.GlobalStep)
        {
            _isDeferred = !TryRank(trainer, moment, out candidate);
            isNewestDue |= !_isDeferred && _saveLast.IsOn;
        }

        Save(trainer, moment, candidate, isNewestDue);
    }

    private static bool IsDue(ICheckpointTrigger trigger, in CheckpointMoment moment, Trainer trainer)
    {
        var isDue = trigger.IsDue(moment);
        return trigger.UsesClock && trainer.Strategy.WorldSize > 1 ? trainer.Strategy.ReduceDecision(isDue, all: false) : isDue;
    }

    /// <summary>Compares the state with what is kept; not where the metric is still to come.</summary>
    private bool TryRank(Trainer trainer, in CheckpointMoment moment, out SavedCheckpoint? candidate)
    {
        candidate = null;
        double? score = _metric is null ? _number + 1 : _metric.Read(trainer, moment);
        if (score is not { } value)
        {
            return false;
        }

        value = _options.Ranking.Normalize(value);
        CurrentScore = _metric is null ? null : value;
        var ranked = new SavedCheckpoint(string.Empty, value, ++_number, trainer.GlobalStep, moment.Epoch);
        candidate = _shelf.Admits(ranked) ? ranked : null;
        return true;
    }

    private void SaveNewest(Trainer trainer) =>
        Save(trainer, new CheckpointMoment(CheckpointMomentKind.TrainBatchEnd, trainer.GlobalStep, trainer.CurrentEpoch, false, trainer.HasValidation), null, wantsNewest: true);

    private void Save(Trainer trainer, in CheckpointMoment moment, SavedCheckpoint? candidate, bool wantsNewest)
    {
        var position = RunPosition.Of(trainer);
        wantsNewest &= !_last.IsAt(position);
        if (candidate is null && !wantsNewest)
        {
            return;
        }

        var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);
        var (epoch, step) = (moment.Epoch, moment.GlobalStep);
        var saved = candidate is null ? null : Reserve(_naming.Format(_options.Filename, epoch, step, metrics), candidate);
        var newest = wantsNewest ? _last.Reserve(_naming.Format(_options.LastFilename, epoch, step, metrics), position, name => _paths!.Reserve(name, _ => false)) : null;
        try
        {
            Submit(trainer, saved, newest);
        }
        catch
        {
            _shelf.Remove(saved);
            _last.GiveBack();
            throw;
        }
    }

    private SavedCheckpoint Reserve(string name, SavedCheckpoint candidate)
    {
        var path = _paths!.Reserve(name, path => _shelf.MayReplace(path, candidate));
        var saved = new SavedCheckpoint(path, candidate.Score, candidate.Number, candidate.GlobalStep, candidate.Epoch);
        _shelf.Add(saved);
        LastGlobalStepSaved = saved.GlobalStep;
        return saved;
    }

    private void Submit(Trainer trainer, SavedCheckpoint? saved, string? newest)
    {
        // One state under both names, so that it is captured once.
        using var state = trainer.CaptureState(_options.SaveWeightsOnly);
        if (saved is not null)
        {
            // Of several best ones each counts; of a single one only the newest does.
            var slot = _options is { SaveTopK: 1, KeepEveryNth: 0, Retention: null } ? $"best {StateKey}" : null;
            saved.Ticket = trainer.SaveCheckpoint(state, saved.Path, new SaveOptions { Slot = slot, Score = _metric is null ? null : saved.Score });
            _trigger.Asked(saved.Ticket);
        }

        if (newest is not null && !TryLink(trainer, saved?.Ticket, newest))
        {
            var ticket = trainer.SaveCheckpoint(state, newest, new SaveOptions { Slot = $"last {StateKey}" });
            _last.Asked(ticket);
            _goal?.Asked(ticket);
            if (saved is null)
            {
                _trigger.Asked(ticket);
            }
        }
    }

    /// <summary>
    /// Gives the file that was just written a second name. Behind an asynchronous implementation it is not written yet: that one links by
    /// itself what it is given twice.
    /// </summary>
    private bool TryLink(Trainer trainer, CheckpointTicket? written, string newest)
    {
        if (!_saveLast.IsLink
            || written is not { Outcome: CheckpointOutcome.Durable }
            || !_last.IsIdle
            || trainer.Strategy.CheckpointIO.GetCapability<ICheckpointLinks>() is not { } links
            || !links.TryLinkAsync(written.Path, newest, CancellationToken.None).GetAwaiter().GetResult())
        {
            return false;
        }

        Remove(trainer, _last.SetDurable(newest));
        return true;
    }

    private void Ended(Trainer trainer, CheckpointTicket ticket, IReadOnlyList<SavedCheckpoint> removable)
    {
        Remove(trainer, _last.Ended(ticket));
        _trigger.Ended(ticket);
        _goal?.Ended(ticket);
        foreach (var saved in removable)
        {
            Remove(trainer, saved.Path);
        }

        if (_goal?.Report.Problem is { } problem && _reported is null)
        {
            _reported = problem;
            LogUnreachable(_logger, problem);
        }
    }

    private void Remove(Trainer trainer, string? path)
    {
        if (path is null || _shelf.Holds(path) || _last.Holds(path))
        {
            return;
        }

        _paths?.GiveBack(path);
        if (!string.Equals(path, _resumedFrom, StringComparison.Ordinal))
        {
            trainer.RemoveCheckpoint(path);
        }
    }

    private void TakeOver(StateMap state)
    {
        var directory = _paths!.Directory;
        var files = ModelCheckpointState.Read(state).ToList();
        foreach (var file in files)
        {
            var path = directory[file.Path];
            if (_paths.Exists(path))
            {
                _shelf.Add(new SavedCheckpoint(path, file.Score, file.Number, file.GlobalStep, file.Epoch) { IsDurable = true });
                _paths.TakeOver(path);
            }
        }

        var best = state["best_model_path"].AsText();
        if (_shelf.Best is null && best.Length > 0 && EarlierDirectory(files.Select(file => file.Path).Append(state["last_model_path"].AsText())) is { } earlier)
        {
            // Another directory than before: what is there stays there, and is the best until this one has some.
            var path = CheckpointDirectory.Join(earlier, best);
            _inheritedBest = _paths.Exists(path) ? path : null;
            LogMoved(_logger, earlier, directory.Path);
        }

        if (state["last_model_path"].AsText() is { Length: > 0 } last)
        {
            var path = directory[last];
            _last.TakeOver(state["last_name"].AsText(), path, _paths.Exists(path), string.Equals(path, _resumedFrom, StringComparison.Ordinal) ? _start : null);
        }

        _number = state["saves"].AsInteger();
        LastGlobalStepSaved = state["last_global_step_saved"].AsInteger();
        _isDeferred = state["deferred"].AsBoolean();
        CurrentScore = state["current_score"] is StateReal score ? score.AsReal() : null;
    }

    /// <summary>The directory of the file that the run goes on from, if it is one of those that its own state lists, and another one.</summary>
    private string? EarlierDirectory(IEnumerable<string> relative) =>
        relative
            .Where(name => name.Length > 0 && _resumedFrom?.EndsWith("/" + name, StringComparison.Ordinal) == true)
            .Select(name => _resumedFrom![..^(name.Length + 1)])
            .FirstOrDefault(earlier => !string.Equals(earlier, _paths!.Directory.Path, StringComparison.Ordinal));

    // At its end an epoch is counted already.
    private static int EpochOf(Trainer trainer, CheckpointMomentKind kind) =>
        kind == CheckpointMomentKind.TrainEpochEnd ? trainer.CurrentEpoch - 1 : trainer.CurrentEpoch;

    private static string Quoted(string? text) => text is null ? "None" : $"'{text}'";

    private CheckpointDirectory Directory(Trainer trainer) => CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory);

    [LoggerMessage(1101, LogLevel.Warning, "The goal of durability cannot be had. {Problem}")]
    private static partial void LogUnreachable(ILogger logger, string problem);

    [LoggerMessage(1102, LogLevel.Warning, "The run goes on from {Earlier} and saves to {Directory}: its best checkpoints so far stay where they are, and this directory starts anew")]
    private static partial void LogMoved(ILogger logger, string earlier, string directory);
}
