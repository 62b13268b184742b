using System.Collections.ObjectModel;

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
    private readonly CheckpointSchedule _schedule;
    private CheckpointRecord? _record;
    private StateMap? _loaded;
    private bool _isRunning;
    private bool _isChecking;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">When it saves and what it keeps; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="logger">Hears of goals that cannot be had; null for nobody.</param>
    /// <exception cref="ArgumentException">Options contradict each other.</exception>
    public ModelCheckpoint(ModelCheckpointOptions? options = null, TimeProvider? timeProvider = null, ILogger<ModelCheckpoint>? logger = null)
    {
        _options = options ?? new ModelCheckpointOptions();
        if (_options.Validate is { } contradiction)
        {
            throw new ArgumentException(contradiction, nameof(options));
        }

        _logger = logger ?? (ILogger)NullLogger.Instance;
        _schedule = new CheckpointSchedule(_options, timeProvider ?? TimeProvider.System, _logger);
    }

    /// <inheritdoc/>
    public ModelCheckpointOptions Options => _options;

    /// <summary>What says when a checkpoint is due.</summary>
    public ICheckpointTrigger Trigger => _schedule.Trigger;

    /// <inheritdoc/>
    public override string StateKey => _schedule.StateKey;

    /// <inheritdoc/>
    public override bool SavesWeightsOnly => _options.SaveWeightsOnly;

    /// <inheritdoc/>
    public override string? BestModelPath => _record?.Retained.Best?.Path ?? _record?.InheritedBest;

    /// <inheritdoc/>
    public override string? LastModelPath => _record?.Last.DurablePath;

    /// <summary>The metric of the best checkpoint that is durable; null where there is none or nothing is compared.</summary>
    public double? BestModelScore => _options.Monitor is null ? null : _record?.Retained.Best?.Score;

    /// <summary>The metric at the last save, the worst possible for one that is no number; null where there was none or nothing is compared.</summary>
    public double? CurrentScore => _record?.CurrentScore;

    /// <summary>The checkpoints that are kept with their metric, best first, saves that are not durable yet counted; empty where nothing is compared.</summary>
    public IReadOnlyDictionary<string, double> BestKModels => _options.Monitor is null || _record is null
        ? ReadOnlyDictionary<string, double>.Empty
        : _record.Retained.Kept.ToDictionary(saved => saved.Path, saved => saved.Score, StringComparer.Ordinal);

    /// <summary>The worst of the checkpoints that are kept; null where there is none or nothing is compared.</summary>
    public string? KthBestModelPath => _options.Monitor is not null && _record?.Retained.Kept is [.., var worst] ? worst.Path : null;

    /// <summary>The number of optimizer steps at the last save of one of the best; zero where there was none.</summary>
    public long LastGlobalStepSaved => _record?.SavedStep ?? 0;

    /// <summary>How the goal of <see cref="ModelCheckpointOptions.MaxDataLoss"/> and <see cref="ModelCheckpointOptions.MaxOverhead"/> was kept so far; null without one.</summary>
    public DurabilityReport? Durability => _schedule.Durability;

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var directory = CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory);

        // Where the newest state is not kept under its own name, one of the best is the newest there is.
        var io = trainer.Strategy.CheckpointIO;
        var search = new LastCheckpointSearch(io, _logger);
        return search.Newest(LastModelPath, _record?.Retained.NewestDurable?.Path)
            ?? search.Find(directory, _options.MakeNaming(io), _options.LastFilename, _options.Filename);
    }

    /// <summary>Writes <see cref="BestKModels"/> as YAML, a path with its metric a line.</summary>
    /// <param name="path">Where to; null for <c>best_k_models.yaml</c> in the directory of the checkpoints.</param>
    /// <exception cref="InvalidOperationException">There is no directory yet, or it is none of this machine.</exception>
    public void ToYaml(string? path = null)
    {
        var directory = _record?.Paths.Directory;
        var file = path ?? (directory is { IsLocal: true }
            ? directory["best_k_models.yaml"]
            : throw new InvalidOperationException("The checkpoints have no directory on this machine yet. Give a path, or call this after a fit has started."));
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
        // An evaluation of a checkpoint gives its state too, which is nothing that a new fit goes on from.
        _loaded = null;
        _record?.Close();
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        _record?.Close();
        _isRunning = false;
        TryDirectory(arguments.Trainer, CheckpointDirectory.Of(_options.DirPath, arguments.Trainer.Options.DefaultRootDirectory).Path);
        _record = new CheckpointRecord(arguments.Trainer, _options, _options.MakeNaming(arguments.Trainer.Strategy.CheckpointIO));
        if (_loaded is { Count: > 0 } state && CheckpointRecordState.Read(state, _record) is { } earlier)
        {
            LogMoved(_logger, earlier, _record.Paths.Directory.Path);
        }

        if (_record.Foreign.Count > 0)
        {
            LogShared(_logger, string.Join(", ", _record.Foreign));
        }

        if (arguments.Trainer is { ResumedFrom: null, Strategy.Collectives.IsRankZero: true } && _record.Paths.FindEarlier(_options.LastFilename, _options.Filename) is { } found)
        {
            LogAnew(_logger, _record.Paths.Directory.Path, Path.GetFileName(found), _options.EnableVersionCounter ? "saves under other names" : "overwrites them");
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
            _schedule.SaveNewest(arguments.Trainer, _record!);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        // A run that ends before it trained has nothing to save, and what is there is better.
        var trainer = arguments.Trainer;
        if (_isRunning
            && !_isChecking
            && (arguments.IsInterruption ? _options.SaveOnInterruption : _options.SaveOnException)
            && !_record!.Start.IsSameStateAs(RunPosition.Of(trainer))
            && (_options.Newest.IsOn || !_record.HasStep(trainer.GlobalStep)))
        {
            _schedule.SaveNewest(trainer, _record);
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
            _schedule.At(trainer, _record!, kind, stepped);
        }
    }

    [LoggerMessage(1105, LogLevel.Warning, "'{Directory}' contains checkpoints of an earlier run, such as {Name}. This run starts from scratch and {What}. To resume, pass checkpointPath: trainer.FindLastCheckpoint(); to separate runs, set DirPath or DefaultRootDirectory")]
    private static partial void LogAnew(ILogger logger, string directory, string name, string what);

    [LoggerMessage(1103, LogLevel.Warning, "Another run that is under way goes on with these checkpoints too, and had them first: {Paths}. This run leaves them alone and saves under names of its own")]
    private static partial void LogShared(ILogger logger, string paths);

    [LoggerMessage(1102, LogLevel.Warning, "The run goes on from {Earlier} and saves to {Directory}: its best checkpoints so far stay where they are, and this directory starts anew")]
    private static partial void LogMoved(ILogger logger, string earlier, string directory);
}
