namespace Fulgurite.Callbacks;

/// <summary>
/// Keeps the best state in memory and writes it once, at the end of training: for runs that improve often, where writing every best state
/// would dominate the load on storage.
/// </summary>
/// <remarks>
/// The state is captured like a save, so training hardly waits; the previous state is released only after the new capture is known to be
/// intact. A killed process loses the best state unless it was written before: on an exception or a stop request
/// (<see cref="BestInMemoryOptions.WriteOnException"/>), at a given age (<see cref="BestInMemoryOptions.WriteAfter"/>), or while storage is
/// idle (<see cref="BestInMemoryOptions.WriteWhenIdle"/>). It is available before it is written: <see cref="ShareBestState"/>,
/// <see cref="RestoreBest"/>. Dispose the callback, or let the container dispose it, to release the memory; a new fit releases it too.
/// </remarks>
[Plugin("best-in-memory")]
public sealed class BestInMemoryCheckpoint : Checkpoint, IConfigurable<BestInMemoryOptions>, IDisposable
{
    private readonly BestInMemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CheckpointRanking _ranking;
    private readonly MonitoredMetric _metric;
    private readonly KeptStates _kept;
    private CheckpointNaming _naming = new();
    private BestFiles? _files;
    private (string Path, double Score)? _captured;
    private StateMap? _loaded;
    private bool _isRunning;
    private bool _isChecking;
    private bool _isComplete;
    private bool _isDeferred;

    /// <summary>Initializes a new instance of the <see cref="BestInMemoryCheckpoint"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <param name="logger">The logger for states that cannot be kept; null to disable logging.</param>
    /// <exception cref="ArgumentException">Options are invalid.</exception>
    public BestInMemoryCheckpoint(
        BestInMemoryOptions? options = null, TimeProvider? timeProvider = null, ILogger<BestInMemoryCheckpoint>? logger = null)
    {
        _options = CheckedOptions.OrDefault(options);
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _ranking = new CheckpointRanking(_options.Mode);
        _metric = new MonitoredMetric(_options.Monitor, _logger, nameof(BestInMemoryCheckpoint));
        _kept = new KeptStates(_options.Monitor, _logger);
    }

    /// <inheritdoc/>
    public BestInMemoryOptions Options => _options;

    /// <inheritdoc/>
    public override string StateKey => $"BestInMemoryCheckpoint{{'monitor': '{_options.Monitor}', 'mode': "
        + $"'{_options.Mode.ToString().ToLowerInvariant()}', 'filename': '{_options.Filename}'}}";

    /// <summary>Gets the path of the best state if it is durable; otherwise, that of an older durable one, or null.</summary>
    public override string? BestModelPath => _files?.Written?.Path;

    /// <inheritdoc/>
    public override bool HasBest => _kept.Best is not null || _files?.Written is not null;

    /// <summary>Gets the metric of the best state, written or not; null if there is none.</summary>
    public double? BestModelScore => _kept.Best?.Score ?? _files?.Written?.Score;

    /// <summary>Gets the memory of the best state, in bytes; zero if there is none.</summary>
    public long ByteLength => _kept.Best?.ByteLength ?? 0;

    /// <summary>Gets the time that training waited for captures in the last fit; the operations contain the time for writes.</summary>
    public TimeSpan Stall { get; private set; }

    /// <inheritdoc/>
    public override TrainingState? ShareBestState()
    {
        Settle();
        return _kept.Best?.State.Share();
    }

    /// <inheritdoc/>
    public override bool SavesWeightsOnly => _options.SaveWeightsOnly;

    /// <inheritdoc/>
    /// <remarks>This is <see cref="BestInMemoryOptions.DirPath"/>.</remarks>
    public override string? GetDirectory(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory).Path;
    }

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var io = trainer.Strategy.CheckpointIO;
        var search = new LastCheckpointSearch(io, _logger);
        return search.Newest(BestModelPath)
            ?? search.Find(CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory), Naming(io), _options.Filename);
    }

    /// <summary>
    /// Loads the weights of the best state into a module, from memory. Call it on the thread of the run, or between runs.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <returns>True if there was a best state; otherwise, false.</returns>
    public bool RestoreBest(Trainer trainer, TrainingModule module)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = ShareBestState();
        if (state is not null)
        {
            trainer.LoadWeights(module, state);
        }

        return state is not null;
    }

    /// <inheritdoc/>
    public override StateMap StateDict()
    {
        // The best state contains itself, so that a run that is resumed from its file has that file and its score.
        var best = _captured ?? (_kept.Best is { } kept ? (kept.Path, kept.Score) : null);
        return new StateMap
        {
            ["monitor"] = _options.Monitor,
            ["best_model_score"] = best?.Score is { } score ? score : StateValue.Null,
            ["best_model_path"] = best is null ? string.Empty : _files!.Paths.Directory.Relative(best.Value.Path),
            ["written_score"] = _files?.Written is { } written ? written.Score : StateValue.Null,
            ["written_path"] = _files?.Written is { } file ? _files.Paths.Directory.Relative(file.Path) : string.Empty,
        };
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state) => _loaded = state;

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        // An evaluation of a checkpoint provides its state too, but a new fit does not resume from that.
        _loaded = null;
        _files?.CloseNames();
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        var trainer = arguments.Trainer;
        Dispose();
        _files?.CloseNames();
        _naming = Naming(trainer.Strategy.CheckpointIO);
        _isRunning = false;
        var directory = CheckpointDirectory.Of(_options.DirPath, trainer.Options.DefaultRootDirectory);
        _files = new BestFiles(
            new CheckpointPaths(directory, _naming, countsVersions: true, trainer),
            trainer.ResumedFrom is { } path ? CheckpointDirectory.Canonical(path) : null,
            _kept.Holds);
        (_isChecking, _isComplete, _isDeferred, Stall) = (false, false, false, TimeSpan.Zero);
        if (_loaded is { } state)
        {
            _files.TakeOver(state);
            _loaded = null;
        }

        _isRunning = true;
    }

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) =>
        PrepareSnapshots(arguments.Trainer, _options.SaveWeightsOnly, count: 2);

    /// <inheritdoc/>
    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => _isChecking = true;

    /// <inheritdoc/>
    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => _isChecking = false;

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Stepped)
        {
            // After the fence the copy is complete, or it is torn and the previous state remains the best.
            Settle();
        }

        // A failed save is retried after the same interval, and at the end: not at every step while storage is full.
        if (IsOld(arguments.Trainer)
            || (_options.WriteWhenIdle && _kept.Best is { Operation: null } && arguments.Trainer.PendingCheckpoints == 0))
        {
            Write(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments) =>
        Compare(arguments.Trainer, CheckpointMomentKind.ValidationEnd, arguments.Trainer.CurrentEpoch);

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        if (_isDeferred || !arguments.Trainer.HasValidation)
        {
            Compare(arguments.Trainer, CheckpointMomentKind.TrainEpochEnd, arguments.Trainer.CurrentEpoch - 1);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        _isComplete = true;
        _metric.EndRun(arguments.Trainer);
        Write(arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        if (_isRunning && _options.WriteOnException)
        {
            Write(arguments.Trainer);
        }

        _isRunning = false;
    }

    /// <inheritdoc/>
    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments)
    {
        if (_files?.OnDurable(arguments.Operation) is { } replaced)
        {
            arguments.Trainer.RemoveCheckpoint(replaced);
        }
    }

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments) => _files?.OnDropped(arguments.Operation);

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments)
    {
        _isRunning = false;
        if (_options.RestoreBest && _isComplete)
        {
            RestoreBest(arguments.Trainer, arguments.Module);
        }
    }

    /// <summary>Releases the memory. Written files are kept.</summary>
    public void Dispose() => _kept.Dispose();

    /// <summary>Decided by all processes together, because their clocks may differ.</summary>
    private bool IsOld(Trainer trainer)
    {
        if (_options.WriteAfter is not { } age)
        {
            return false;
        }

        var isOld = _kept.Best is { } best && _time.GetElapsedTime(best.Since) >= age;
        return trainer.Strategy.Collectives.ReduceDecision(isOld, all: false);
    }

    private void Compare(Trainer trainer, CheckpointMomentKind kind, int epoch)
    {
        if (!_isRunning || _isChecking || !trainer.IsFitting)
        {
            return;
        }

        var value = _metric.Read(trainer, new CheckpointMoment(kind, trainer.GlobalStep, epoch, Stepped: false, trainer.HasValidation));
        _isDeferred = value is null && kind == CheckpointMomentKind.ValidationEnd;
        if (value is { } score && !double.IsNaN(score) && (BestModelScore is not { } best || _ranking.Improves(score, best)))
        {
            Keep(trainer, score, epoch);
        }
    }

    private void Keep(Trainer trainer, double score, int epoch)
    {
        var start = _time.GetTimestamp();
        Settle();
        var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);
        var path = _files!.Paths.Reserve(
            _naming.Agree(_options.Filename, _naming.Format(_options.Filename, epoch, trainer.GlobalStep, metrics), trainer),
            path => string.Equals(path, _kept.Best?.Path, StringComparison.Ordinal)
                || string.Equals(path, _files.Written?.Path, StringComparison.Ordinal));
        using var state = Capture(trainer, path, score);
        using var kept = _options.SaveWeightsOnly
            ? new TrainingState { [CheckpointKeys.StateDict] = state[CheckpointKeys.StateDict] }
            : null;
        var snapshot = trainer.Strategy.CheckpointIO.TakeSnapshot(kept ?? state);
        _kept.Keep(new BestState(snapshot, path, score, trainer.GlobalStep, _time.GetTimestamp()));
        Stall += _time.GetElapsedTime(start);
    }

    private TrainingState Capture(Trainer trainer, string path, double score)
    {
        _captured = (path, score);
        try
        {
            return trainer.CaptureState(_options.SaveWeightsOnly);
        }
        finally
        {
            _captured = null;
        }
    }

    private void Settle()
    {
        if (_kept.Settle() is { } released)
        {
            _files!.GiveBack(released);
        }
    }

    private void Write(Trainer trainer)
    {
        Settle();
        if (_kept.Best is { IsWritten: false } best)
        {
            var operation = trainer.SaveCheckpoint(
                best.State, best.Path, new SaveOptions { Slot = $"best {StateKey}", Score = best.Score, GlobalStep = best.GlobalStep });
            _files!.Add(operation, best);
            best.Asked(operation, _time.GetTimestamp());
        }
    }

    private CheckpointNaming Naming(CheckpointIO io) => new() { Extension = _options.FileExtension ?? io.FileExtension };
}
