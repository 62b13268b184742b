using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Strategies;

namespace Fulgurite.Callbacks;

/// <summary>Keeps the best checkpoints by a metric, and the newest one.</summary>
/// <remarks>
/// Names are reserved when a save is asked for; an older checkpoint is removed only once its replacement is durable; a save that fails
/// gives its place back. So there is never a moment without a valid checkpoint, however slow storage is. What is compared must be fresh:
/// a metric that was logged before the last optimizer step is not used.
/// </remarks>
[Plugin("model-checkpoint")]
public sealed class ModelCheckpoint : Checkpoint, IConfigurable<ModelCheckpointOptions>
{
    private const string LastName = "last";

    private readonly ModelCheckpointOptions _options;
    private readonly TopK _best;
    private readonly HashSet<string> _reserved = new(StringComparer.Ordinal);
    private string _directory = string.Empty;
    private string? _lastPath;
    private string? _lastDurable;
    private string? _resumedFrom;
    private bool _isReady;
    private StateMap? _loaded;
    private long _savedStep = -1;
    private long _lastStep = -1;
    private long _saves;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">When it saves and what it keeps; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options contradict each other.</exception>
    public ModelCheckpoint(ModelCheckpointOptions? options = null)
    {
        _options = options ?? new ModelCheckpointOptions();
        if (_options.Contradiction is { } contradiction)
        {
            throw new ArgumentException(contradiction, nameof(options));
        }

        // Without a metric the newest is the best.
        _best = new TopK(_options.SaveTopK, _options.Monitor is null ? MonitorMode.Max : _options.Mode);
    }

    /// <inheritdoc/>
    public ModelCheckpointOptions Options => _options;

    /// <inheritdoc/>
    public override string StateKey =>
        $"ModelCheckpoint{{'monitor': {Quoted(_options.Monitor)}, 'mode': {Quoted(_options.Mode.ToString().ToLowerInvariant())}, 'every_n_train_steps': {_options.EveryNTrainSteps ?? 0}, 'filename': {Quoted(_options.Filename)}}}";

    /// <inheritdoc/>
    public override string? BestModelPath => _best.Best?.Path;

    /// <inheritdoc/>
    public override string? LastModelPath => _lastDurable;

    /// <summary>The metric of the best checkpoint that is durable; null where there is none or nothing is compared.</summary>
    public double? BestModelScore => _options.Monitor is null ? null : _best.Best?.Score;

    /// <summary>The checkpoints that are kept with their metric, best first; saves that are not durable yet counted.</summary>
    public IReadOnlyDictionary<string, double> BestKModels => _best.Kept.ToDictionary(saved => saved.Path, saved => saved.Score, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var directory = Directory(trainer);
        return _lastDurable ?? (System.IO.Directory.Exists(directory)
            ? System.IO.Directory.EnumerateFiles(directory).Where(path => CheckpointName.IsVersionOf(LastName, path)).MaxBy(File.GetLastWriteTimeUtc)
            : null);
    }

    /// <inheritdoc/>
    public override StateMap StateDict()
    {
        var models = new StateMap();
        foreach (var saved in _best.All)
        {
            // Those on their way too, and those that they replace: which of them came to be shows when the state is taken over.
            models[Relative(saved.Path)] = saved.Score;
        }

        return new StateMap
        {
            ["monitor"] = _options.Monitor,
            ["best_k_models"] = models,
            ["best_model_path"] = _best.Kept.Count > 0 ? Relative(_best.Kept[0].Path) : string.Empty,
            ["best_model_score"] = _best.Kept.Count > 0 ? _best.Kept[0].Score : StateValue.Null,
            ["last_model_path"] = _lastPath is null ? string.Empty : Relative(_lastPath),
            ["saves"] = _saves,
            ["last_global_step_saved"] = _savedStep,
        };
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state) => _loaded = state;

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        _directory = Directory(arguments.Trainer);
        _resumedFrom = arguments.Trainer.ResumedFrom is { } path ? Path.GetFullPath(path) : null;
        _best.Clear();
        _reserved.Clear();
        (_lastPath, _lastDurable, _savedStep, _lastStep, _saves) = (null, null, -1, -1, 0);
        if (_loaded is { } state)
        {
            TakeOver(state, arguments.Trainer);
            _loaded = null;
        }

        _isReady = true;
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (_options.EveryNTrainSteps is { } interval && arguments.Stepped && arguments.Trainer.GlobalStep % interval == 0)
        {
            Save(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        if (_options.EveryNTrainSteps is null && arguments.Trainer.IsFitting)
        {
            Save(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        var isDue = _options.EveryNTrainSteps is { } interval
            ? arguments.Trainer.GlobalStep % interval == 0 // A step at the end of data of unknown length belongs to no batch.
            : !arguments.Trainer.HasValidation;
        if (isDue)
        {
            Save(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        if (_options.SaveLast)
        {
            SaveLast(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        // A run that ends before it began has nothing to save, and what is there is better.
        if (_isReady && (arguments.IsInterruption ? _options.SaveOnInterruption : _options.SaveOnException))
        {
            SaveLast(arguments.Trainer);
        }

        _isReady = false;
    }

    /// <inheritdoc/>
    public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments)
    {
        var path = arguments.Ticket.Path;
        if (string.Equals(path, _lastPath, StringComparison.Ordinal))
        {
            _lastDurable = path;
        }

        Remove(_best.Confirm(path), arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments)
    {
        if (_reserved.Contains(arguments.Ticket.Path))
        {
            _reserved.Remove(arguments.Ticket.Path);
            Remove(_best.Withdraw(arguments.Ticket.Path), arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments) => _isReady = false;

    private void Remove(IReadOnlyList<SavedCheckpoint> unwanted, Trainer trainer)
    {
        foreach (var saved in unwanted)
        {
            _reserved.Remove(saved.Path);
            if (!string.Equals(saved.Path, _resumedFrom, StringComparison.Ordinal))
            {
                trainer.RemoveCheckpoint(saved.Path);
            }
        }
    }

    private void Save(Trainer trainer)
    {
        if (_savedStep == trainer.GlobalStep)
        {
            return;
        }

        _savedStep = trainer.GlobalStep;
        _saves++;
        var saves = new List<(string Path, SaveOptions? Options)>(2);
        if (Score(trainer) is { } score && _best.Admits(score))
        {
            var path = Reserve(trainer, CheckpointName.Format(_options.Filename, trainer.CurrentEpoch, trainer.GlobalStep, trainer.Metrics));
            _best.Reserve(new SavedCheckpoint(path, score));

            // Of several best ones each counts; of a single one only the newest does.
            saves.Add((path, new SaveOptions { Slot = _options.SaveTopK == 1 ? $"best {StateKey}" : null }));
        }

        if (_options.SaveLast)
        {
            saves.Add(ReserveLast(trainer));
        }

        Save(trainer, _options.SaveWeightsOnly, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(saves));
    }

    private void SaveLast(Trainer trainer)
    {
        if (_lastStep != trainer.GlobalStep)
        {
            Save(trainer, _options.SaveWeightsOnly, ReserveLast(trainer));
        }
    }

    private double? Score(Trainer trainer)
    {
        if (_options.Monitor is not { } monitor)
        {
            return _saves;
        }

        if (trainer.Metrics.TryGetFresh(monitor, out var value))
        {
            return value;
        }

        var mayStillCome = trainer.HasValidation && !trainer.Metrics.HasValidated;
        return mayStillCome || trainer.Metrics.TryGet(monitor, out _)
            ? null
            : throw new InvalidOperationException(
                $"ModelCheckpoint monitors '{monitor}', which was not logged. Logged so far: {string.Join(", ", trainer.Metrics.Snapshot().Keys)}. Log it in the module, or set Monitor to one of these.");
    }

    private string Reserve(Trainer trainer, string name)
    {
        for (var version = 0; ; version++)
        {
            var path = Path.Combine(_directory, CheckpointName.WithVersion(name, version));
            if (!_reserved.Contains(path) && !Exists(trainer.Strategy, path))
            {
                _reserved.Add(path);
                return path;
            }
        }
    }

    private (string Path, SaveOptions? Options) ReserveLast(Trainer trainer)
    {
        // Another run's last is left alone; our own is replaced as a whole at every save.
        _lastPath ??= Reserve(trainer, LastName);
        _lastStep = trainer.GlobalStep;
        return (_lastPath, new SaveOptions { Slot = $"last {StateKey}" });
    }

    private void TakeOver(StateMap state, Trainer trainer)
    {
        var strategy = trainer.Strategy;
        foreach (var (key, score) in state["best_k_models"].AsMap())
        {
            var path = Path.Combine(_directory, key.ToString());
            if (Exists(strategy, path))
            {
                _best.Reserve(new SavedCheckpoint(path, score.AsReal()) { IsDurable = true });
                _reserved.Add(path);
            }
        }

        var last = state["last_model_path"].AsText();
        if (last.Length > 0)
        {
            _lastPath = Path.Combine(_directory, last);
            _lastDurable = Exists(strategy, _lastPath) ? _lastPath : null;
            _lastStep = string.Equals(_lastPath, _resumedFrom, StringComparison.Ordinal) ? trainer.GlobalStep : -1;
        }

        _saves = state["saves"].AsInteger();
        _savedStep = state["last_global_step_saved"].AsInteger();
    }

    private static bool Exists(IStrategy strategy, string path) =>
        strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult();

    private static string Quoted(string? text) => text is null ? "None" : $"'{text}'";

    private string Directory(Trainer trainer) =>
        Path.GetFullPath(_options.DirPath ?? Path.Combine(trainer.Options.DefaultRootDirectory, "checkpoints"));

    private string Relative(string path) => Path.GetRelativePath(_directory, path);
}
