using System.Collections.ObjectModel;

namespace Fulgurite.Callbacks;

/// <summary>Saves the best checkpoints by a metric, and the newest one.</summary>
/// <remarks>
/// <para>The callback is composed of independent policies: triggers (<see cref="ICheckpointTrigger"/>) determine when to save, retention
/// (<see cref="ICheckpointRetention"/>) which checkpoints to keep, naming (<see cref="CheckpointNaming"/>) the file names, and
/// <see cref="SaveLast"/> how to save the newest state.</para>
/// <para>Names are reserved when a save is requested. An older checkpoint is removed only once its replacement is durable, and a failed
/// save gives up its place. So there is a valid checkpoint at any time, even on slow storage. The metric must be up to date: if it
/// was logged before the last optimizer step, the save waits for the next validation or end of an epoch that logs it. The file from which a
/// run was resumed is never removed, and neither are files not created by the callback.</para>
/// </remarks>
[Plugin("model-checkpoint")]
public sealed partial class ModelCheckpoint : Checkpoint, IConfigurable<ModelCheckpointOptions>
{
    private readonly ModelCheckpointOptions _options;
    private readonly ILogger _logger;
    private readonly CheckpointSchedule _schedule;
    private CheckpointRecord? _record;
    private StateMap? _loaded;
    private bool _isRunning;
    private bool _isChecking;

    /// <summary>Initializes the callback.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <param name="logger">The logger for durability targets that cannot be met; null to disable logging.</param>
    /// <exception cref="ArgumentException">The options are invalid or contradictory.</exception>
    public ModelCheckpoint(
        ModelCheckpointOptions? options = null, TimeProvider? timeProvider = null, ILogger<ModelCheckpoint>? logger = null)
    {
        _options = CheckedOptions.OrDefault(options);
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _schedule = new CheckpointSchedule(_options, timeProvider ?? TimeProvider.System, _logger);
    }

    /// <inheritdoc/>
    public ModelCheckpointOptions Options => _options;

    /// <summary>Gets the trigger that determines when a checkpoint is due.</summary>
    public ICheckpointTrigger Trigger => _schedule.Trigger;

    /// <inheritdoc/>
    public override string StateKey => _schedule.StateKey;

    /// <inheritdoc/>
    public override bool SavesWeightsOnly => _options.SaveWeightsOnly;

    /// <inheritdoc/>
    public override string? BestModelPath => _record?.Retained.Best?.Path ?? _record?.InheritedBest;

    /// <inheritdoc/>
    public override string? LastModelPath => _record?.Last.DurablePath;

    /// <summary>Gets the metric of the best durable checkpoint; null if there is none or no metric is monitored.</summary>
    public double? BestModelScore => _options.Monitor is null ? null : _record?.Retained.Best?.Score;

    /// <summary>
    /// Gets the metric at the last save, which is the worst possible value for NaN; null if there was none or no metric is monitored.
    /// </summary>
    public double? CurrentScore => _record?.CurrentScore;

    /// <summary>
    /// Gets the kept checkpoints with their metrics, best first, including pending saves; empty if no metric is monitored.
    /// </summary>
    public IReadOnlyDictionary<string, double> BestKModels => _options.Monitor is null || _record is null
        ? ReadOnlyDictionary<string, double>.Empty
        : _record.Retained.Kept.ToDictionary(saved => saved.Path, saved => saved.Score, StringComparer.Ordinal);

    /// <summary>Gets the path of the worst kept checkpoint; null if there is none or no metric is monitored.</summary>
    public string? KthBestModelPath => _options.Monitor is not null && _record?.Retained.Kept is [.., var worst] ? worst.Path : null;

    /// <summary>Gets the optimizer step of the last save of one of the best checkpoints; zero if there was none.</summary>
    public long LastGlobalStepSaved => _record?.SavedStep ?? 0;

    /// <summary>
    /// Gets the results for <see cref="ModelCheckpointOptions.MaxDataLoss"/> and <see cref="ModelCheckpointOptions.MaxOverhead"/> so far;
    /// null if neither is set.
    /// </summary>
    public DurabilityReport? Durability => _schedule.Durability;

    /// <inheritdoc/>
    /// <remarks>This is <see cref="ModelCheckpointOptions.DirPath"/>.</remarks>
    public override string? GetDirectory(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory).Path;
    }

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var directory = CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory);

        // If the newest state is not kept as a separate file, the newest of the best checkpoints is the last.
        var io = trainer.Strategy.CheckpointIO;
        var search = new LastCheckpointSearch(io, _logger);
        return search.Newest(LastModelPath, _record?.Retained.NewestDurable?.Path)
            ?? search.Find(directory, _options.MakeNaming(io), _options.LastFilename, _options.Filename);
    }

    /// <summary>Writes <see cref="BestKModels"/> as YAML, with one path and metric per line.</summary>
    /// <param name="path">The path of the file; null for <c>best_k_models.yaml</c> in the checkpoint directory.</param>
    /// <exception cref="InvalidOperationException">There is no checkpoint directory yet, or it is not local.</exception>
    public void ToYaml(string? path = null)
    {
        var directory = _record?.Paths.Directory;
        var file = path ?? (directory is { IsLocal: true }
            ? directory["best_k_models.yaml"]
            : throw new InvalidOperationException(
                "The checkpoints have no directory on this machine yet. Give a path, or call this after a fit has started."));
        Directory.CreateDirectory(CheckpointDirectory.ParentOf(file));
        File.WriteAllText(file, BestModelsText.ToYaml(BestKModels));
    }

    /// <inheritdoc/>
    public override StateMap StateDict() => _record is null ? [] : CheckpointRecordState.Write(_record, _options.Monitor);

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state) => _loaded = state;

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        // Evaluating a checkpoint also loads its state, which a new fit must not use.
        _loaded = null;
        _record?.Close();
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        _record?.Close();
        _isRunning = false;
        _record = new CheckpointRecord(arguments.Trainer, _options, _options.MakeNaming(arguments.Trainer.Strategy.CheckpointIO));
        if (_loaded is { Count: > 0 } state && CheckpointRecordState.Read(state, _record) is { } earlier)
        {
            LogMoved(_logger, earlier, _record.Paths.Directory.Path);
        }

        if (_record.Foreign.Count > 0)
        {
            LogShared(_logger, string.Join(", ", _record.Foreign));
        }

        if (_record.MissingBest is { } missing && arguments.Trainer is { ResumedFrom: { } source, Strategy.Collectives.IsRankZero: true })
        {
            LogMissingBest(_logger, source, missing, BestModelPath is { } best ? $"is '{best}'" : "will be the next one that is saved");
        }

        if (arguments.Trainer is { ResumedFrom: { } resumed, GlobalStep: var step, Strategy.Collectives.IsRankZero: true }
            && _record.Last.DurablePath is { } last && !string.Equals(last, _record.ResumedFrom, StringComparison.Ordinal)
            && _record.Paths.ReadStep(last) is { } lastStep && lastStep > step)
        {
            LogReplaces(_logger, last, lastStep, step, resumed);
        }

        if (arguments.Trainer is { ResumedFrom: null, Strategy.Collectives.IsRankZero: true }
            && _record.Paths.FindEarlier(_options.LastFilename, _options.Filename) is { } found)
        {
            LogAnew(
                _logger, _record.Paths.Directory.Path, Path.GetFileName(found),
                _options.EnableVersionCounter ? "saves under other names" : "overwrites them");
        }

        _loaded = null;
        _schedule.Start();
        (_isRunning, _isChecking) = (true, false);
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
        _schedule.EndRun(arguments.Trainer);
        if (_options.Newest.IsOn)
        {
            SaveNewest(arguments.Trainer, _record!);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        // A run that ends before its first step has nothing new to save; existing checkpoints are better.
        var trainer = arguments.Trainer;
        if (_isRunning
            && !_isChecking
            && (arguments.IsInterruption ? _options.SaveOnInterruption : _options.SaveOnException)
            && !_record!.Start.IsSameStateAs(RunPosition.Of(trainer))
            && (_options.Newest.IsOn || !_record.HasStep(trainer.GlobalStep)))
        {
            SaveNewest(trainer, _record);
        }

        _isRunning = false;
    }

    /// <inheritdoc/>
    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments)
    {
        _record?.Confirm(arguments.Trainer, arguments.Operation);
        _schedule.Ended(arguments.Operation);
    }

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments)
    {
        _record?.Withdraw(arguments.Trainer, arguments.Operation);
        _schedule.Ended(arguments.Operation);
    }

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments) => _isRunning = false;

    private void At(Trainer trainer, CheckpointMomentKind kind, bool stepped = false)
    {
        if (_isRunning && !_isChecking && trainer.IsFitting)
        {
            Save(trainer, _record!, _schedule.Decide(trainer, _record!, kind, stepped));
        }
    }

    private void SaveNewest(Trainer trainer, CheckpointRecord record) =>
        Save(trainer, record, new DueSave(trainer.CurrentEpoch, Candidate: null, IsNewestDue: true));

    [LoggerMessage(
        1105, LogLevel.Warning,
        "'{Directory}' contains checkpoints of an earlier run, such as {Name}. This run starts from scratch and {What}. To resume, "
            + "pass checkpointPath: Resume.IfPossible; to separate runs, set DirPath or DefaultRootDirectory")]
    private static partial void LogAnew(ILogger logger, string directory, string name, string what);

    [LoggerMessage(
        1108, LogLevel.Warning,
        "'{Path}' holds step {Step}, which is newer than step {Start} of '{Resumed}', from which this run resumes. The next save of "
            + "the newest state replaces it. To keep it, stop this run and copy the file, or set DirPath to another folder; to "
            + "continue from it, pass checkpointPath: \"last\"")]
    private static partial void LogReplaces(ILogger logger, string path, long step, long start, string resumed);

    [LoggerMessage(
        1109, LogLevel.Warning,
        "'{Resumed}' names '{Missing}' as the best checkpoint, which does not exist: its save failed or was waiting when the run ended, or "
            + "it was removed. The best one now {Best}")]
    private static partial void LogMissingBest(ILogger logger, string resumed, string missing, string best);

    [LoggerMessage(
        1103, LogLevel.Warning,
        "Another run has resumed from the same checkpoints and owns these files or has replaced them, or they are files where checkpoints "
            + "are folders now: {Paths}. This run does not change them and saves under other names")]
    private static partial void LogShared(ILogger logger, string paths);

    [LoggerMessage(
        1102, LogLevel.Warning,
        "The run resumes from {Earlier} and saves to {Directory}: its best checkpoints so far remain in the old directory, "
            + "and the new directory starts empty")]
    private static partial void LogMoved(ILogger logger, string earlier, string directory);
}
