using System.Diagnostics;
using Fulgurite.Callbacks;
using Fulgurite.Checkpointing;
using Fulgurite.Data;
using Fulgurite.IO;
using Fulgurite.Loops;
using Fulgurite.Metrics;
using Fulgurite.State;
using Fulgurite.Strategies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>Runs fit and validate: owns the loops and the order of hooks.</summary>
/// <remarks>
/// A run is synchronous, on one thread: tensors, dispose scopes and gradient mode belong to a thread.
/// <see cref="FitAsync{TBatch}"/> gives it a thread of its own. One trainer runs one thing at a time; several trainers may run side by
/// side.
/// </remarks>
public sealed partial class Trainer : IAsyncDisposable, IDisposable
{
    private readonly IReadOnlyList<IMetricLogger> _loggers;
    private readonly ILogger _log;
    private readonly ModuleCallbacks _moduleCallbacks;
    private FitSession? _session;
    private CheckpointLedger _ledger;
    private int _running;
    private int _accumulateGradBatches = 1;

    /// <summary>Makes a trainer by hand; <c>services.AddTrainer()</c> makes one from parts.</summary>
    /// <param name="strategy">Where tensors live. The trainer does not dispose it.</param>
    /// <param name="options">How long it trains; null for the defaults.</param>
    /// <param name="callbacks">What runs around the loop; those that save checkpoints come last whatever their order here.</param>
    /// <param name="loggers">Where metrics go.</param>
    /// <param name="loggerFactory">Where messages go; null for nowhere.</param>
    /// <exception cref="InvalidOperationException">Two callbacks share a state key, or checkpoints are disabled and one saves some.</exception>
    public Trainer(
        IStrategy strategy,
        TrainerOptions? options = null,
        IEnumerable<Callback>? callbacks = null,
        IEnumerable<IMetricLogger>? loggers = null,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        Strategy = strategy;
        Options = options ?? new TrainerOptions();
        _loggers = [.. loggers ?? []];

        // A logger that wants to know more than metrics is a callback too.
        CallbackList = new CallbackList((callbacks ?? []).Concat(_loggers.OfType<Callback>()).Distinct());
        _log = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Trainer>();
        _ledger = new CheckpointLedger(_log);
        _moduleCallbacks = new ModuleCallbacks(CallbackList, _log);
        if (!Options.EnableCheckpointing && CallbackList.Checkpoints.Count > 0)
        {
            throw new InvalidOperationException(
                $"EnableCheckpointing is false and {CallbackList.Checkpoints[0].GetType().Name} saves checkpoints. Remove the callback, or set EnableCheckpointing to true.");
        }
    }

    /// <summary>Where tensors live and how a step is executed.</summary>
    public IStrategy Strategy { get; }

    /// <summary>The options. Do not change them while a run is under way.</summary>
    public TrainerOptions Options { get; }

    /// <summary>
    /// The callbacks in the order in which they run; from the start of a run on with those that its module brings along
    /// (<see cref="TrainingModule.ConfigureCallbacks"/>).
    /// </summary>
    public IReadOnlyList<Callback> Callbacks => CallbackList;

    /// <summary>Where metrics go, in the order in which they are told.</summary>
    public IReadOnlyList<IMetricLogger> Loggers => _loggers;

    /// <summary>The callbacks that save checkpoints.</summary>
    public IReadOnlyList<Checkpoint> CheckpointCallbacks => CallbackList.Checkpoints;

    /// <summary>The first callback that saves checkpoints; null where there is none.</summary>
    public Checkpoint? CheckpointCallback => CallbackList.Checkpoints.Count > 0 ? CallbackList.Checkpoints[0] : null;

    /// <summary>What was logged.</summary>
    public MetricStore Metrics { get; } = new();

    /// <summary>Optimizer steps done in the run, resumed ones counted.</summary>
    public long GlobalStep => Progress.GlobalStep;

    /// <summary>Epochs completed in the run, resumed ones counted.</summary>
    public int CurrentEpoch => Progress.Epochs;

    /// <summary>Batches of the current epoch that were used.</summary>
    public int CurrentBatch => Progress.Batches;

    /// <summary>How many batches an epoch has; null where that is not known, or no fit is under way.</summary>
    public int? BatchesPerEpoch { get; internal set; }

    /// <summary>The optimizers of the fit that is under way, in the order in which they step; none outside of a fit.</summary>
    public IReadOnlyList<TorchSharp.torch.optim.Optimizer> Optimizers => _session?.Optimizers ?? [];

    /// <summary>
    /// How many batches share one optimizer step from the next batch on. A run starts with <see cref="TrainerOptions.AccumulateGradBatches"/>;
    /// callbacks may change it between two steps.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
    public int AccumulateGradBatches
    {
        get => _accumulateGradBatches;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _accumulateGradBatches = value;
        }
    }

    /// <summary>Whether the fit validates.</summary>
    public bool HasValidation { get; internal set; }

    /// <summary>Saves of the run that have not ended.</summary>
    public int PendingCheckpoints => _ledger.Pending;

    /// <summary>What the run that is under way, or the last one, is for.</summary>
    public RunStage Stage { get; private set; }

    /// <summary>Whether a fit is under way, rather than a validation alone.</summary>
    public bool IsFitting => _session is not null;

    /// <summary>Whether the validation that is under way only tries a few batches before training begins.</summary>
    public bool IsSanityChecking { get; internal set; }

    /// <summary>The path of the checkpoint that the run goes on from; null for a new run.</summary>
    public string? ResumedFrom { get; internal set; }

    /// <summary>Whether somebody asked the run to stop.</summary>
    public bool StopRequested { get; private set; }

    /// <summary>What checkpoints cost so far in the run.</summary>
    public CheckpointCosts CheckpointCosts => _ledger.Costs();

    internal CallbackList CallbackList { get; private set; }

    /// <summary>The training data of the fit that is under way; null where there is none.</summary>
    internal DataFeed? Data { get; private set; }

    internal RunProgress Progress { get; private set; } = new();

    internal RunHooks Hooks { get; private set; } = null!;

    /// <summary>Trains a module on the calling thread.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated anew for each.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">
    /// What to go on from: a path, or <c>last</c> or <c>best</c> of the first checkpoint callback; null to start anew.
    /// </param>
    /// <param name="cancellationToken">Asks to stop at the next step boundary; the result then says so.</param>
    /// <exception cref="CheckpointException">A checkpoint could not be saved (<see cref="TrainerOptions.OnCheckpointFailure"/>) or read.</exception>
    public FitResult Fit<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> trainData,
        IEnumerable<TBatch>? validationData = null,
        string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(trainData);
        using var run = BeginRun(module, RunStage.Fit);
        return new FitRun<TBatch>(this, module, trainData, validationData, _log).Execute(checkpointPath, cancellationToken);
    }

    /// <summary>Trains a module on a thread of its own; see <see cref="Fit{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated anew for each.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">What to go on from; null to start anew.</param>
    /// <param name="cancellationToken">Asks to stop at the next step boundary; the result then says so.</param>
    public Task<FitResult> FitAsync<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> trainData,
        IEnumerable<TBatch>? validationData = null,
        string? checkpointPath = null,
        CancellationToken cancellationToken = default) =>
        RunThread.Start("Fulgurite fit", () => Fit(module, trainData, validationData, checkpointPath, cancellationToken));

    /// <summary>Evaluates a module on the calling thread, as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c> or <c>best</c>; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the validation between two batches.</param>
    /// <returns>The metrics that the module logged, reduced.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public IReadOnlyDictionary<string, double> Validate<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        using var run = BeginRun(module, RunStage.Validate);
        Strategy.SetUp(module);
        if (checkpointPath is not null)
        {
            LoadWeights(module, checkpointPath);
        }

        return new ValidationLoop<TBatch>(this, module, data).Run(cancellationToken: cancellationToken);
    }

    /// <summary>Loads the weights of a checkpoint into a module, and nothing else.</summary>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the first checkpoint callback.</param>
    public void LoadWeights(TrainingModule module, string checkpointPath)
    {
        ArgumentNullException.ThrowIfNull(module);
        var path = ResolveCheckpoint(checkpointPath);
        using var state = Strategy.LoadCheckpoint(path, options: null);
        Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(state, module, path);
    }

    /// <summary>Asks the run to stop at the next step boundary. May be called from any hook.</summary>
    public void RequestStop() => StopRequested = true;

    /// <summary>
    /// Gathers what a checkpoint holds, of live tensors. Save it at once: later steps change them. Saving the same state under several
    /// paths captures it once.
    /// </summary>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public TrainingState CaptureState(bool weightsOnly = false) => StateCapture.Capture(this, Session(), weightsOnly);

    /// <summary>Saves a state; how it ended is told by the ticket, to callbacks, and by <see cref="TrainerOptions.OnCheckpointFailure"/>.</summary>
    /// <param name="state">What <see cref="CaptureState"/> gave.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    public CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options = null)
    {
        var ticket = Strategy.SaveCheckpoint(state, path, options);
        _ledger.Add(ticket);
        return ticket;
    }

    /// <summary>Saves the run as it is; see <see cref="SaveCheckpoint(TrainingState, string, SaveOptions?)"/>.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    public CheckpointTicket SaveCheckpoint(string path, SaveOptions? options = null, bool weightsOnly = false)
    {
        using var state = CaptureState(weightsOnly);
        return SaveCheckpoint(state, path, options);
    }

    /// <summary>Removes a checkpoint of the run; a removal that fails is logged and leaves the file behind, but does not end the run.</summary>
    /// <param name="path">Which.</param>
    public void RemoveCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _ledger.AddRemoval(path, Strategy.RemoveCheckpointAsync(path));
    }

    internal void EnterSession(FitSession session, DataFeed data)
    {
        _session = session;
        Data = data;
    }

    internal void SkipRestOfEpoch() => Progress.RestSkipped = true;

    /// <summary>Goes on from where a checkpoint was taken.</summary>
    internal void Resume(RunProgress progress, TrainingState state)
    {
        Progress = progress;
        Metrics.TakeOver(state);
        Metrics.GlobalStep = progress.GlobalStep;
    }

    internal string ResolveCheckpoint(string checkpointPath) => checkpointPath switch
    {
        "last" => CheckpointCallback?.FindLast(this)
            ?? throw new CheckpointNotFoundException("last", "The checkpoint callback knows none in its directory. Start without resuming, or give a path."),
        "best" => CheckpointCallback?.BestModelPath
            ?? throw new CheckpointNotFoundException("best", "The checkpoint callback has saved none that compares a metric. Set Monitor, or give a path."),
        _ => checkpointPath,
    };

    internal void CountStep()
    {
        Progress.GlobalStep++;
        Metrics.CountStep(Progress.GlobalStep);
        if (_loggers.Count > 0 && Progress.GlobalStep % Options.LogEveryNSteps == 0)
        {
            LogMetrics(Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal));
        }
    }

    /// <summary>
    /// Hands numbers to the loggers at once, with the step and the epoch that the run is at. They are no metrics that checkpoints or
    /// callbacks know: it is for what describes the run, such as its speed.
    /// </summary>
    /// <param name="metrics">The numbers by name; none is fine.</param>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count == 0)
        {
            return;
        }

        foreach (var logger in _loggers)
        {
            logger.LogMetrics(metrics, Progress.GlobalStep, Progress.Epochs);
        }
    }

    /// <summary>Tells callbacks of saves that have ended, and stops the run where the policy asks for it.</summary>
    internal void SettleCheckpoints(TrainingModule module)
    {
        _ledger.Settle(this, module);
        if (_ledger.Failures.Count > 0 && Options.OnCheckpointFailure == CheckpointFailurePolicy.Stop)
        {
            throw Failure();
        }
    }

    /// <summary>Ends the saves of a run: every one is durable or has failed, and callbacks know.</summary>
    internal void Drain(TrainingModule module)
    {
        var start = Stopwatch.GetTimestamp();
        Strategy.TearDown();
        _ledger.AddDrain(Stopwatch.GetElapsedTime(start));
        _ledger.Settle(this, module);
        _ledger.AwaitRemovals();
        var costs = _ledger.Costs();
        if (costs.Saves > 0)
        {
            LogCosts(_log, costs);
        }
    }

    internal void ThrowIfSavesFailed()
    {
        if (_ledger.Failures.Count > 0 && Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue)
        {
            throw Failure();
        }
    }

    private CheckpointException Failure()
    {
        var first = _ledger.Failures[0];
        return _ledger.Failures.Count == 1
            ? first
            : new CheckpointException(
                $"{_ledger.Failures.Count} checkpoints were not saved ({string.Join(", ", _ledger.Failures.Select(failure => failure.Path).Distinct(StringComparer.Ordinal).Take(5))}). The first: {first.Message}",
                first.Path,
                new AggregateException(_ledger.Failures));
    }

    private FitSession Session() =>
        _session ?? throw new InvalidOperationException("There is nothing to save: no fit is under way. Save from a hook of a callback or of the module.");

    private RunScope BeginRun(TrainingModule module, RunStage stage)
    {
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("This trainer is running already. Wait for its fit to end, or make a second trainer.");
        }

        try
        {
            CallbackList = _moduleCallbacks.For(module, Options.EnableCheckpointing);
        }
        catch
        {
            Volatile.Write(ref _running, 0);
            throw;
        }

        Stage = stage;
        Progress = new RunProgress();
        AccumulateGradBatches = Options.AccumulateGradBatches;
        Hooks = new RunHooks(this, module);
        IsSanityChecking = false;
        Metrics.Clear();
        Metrics.GlobalStep = 0;
        StopRequested = false;
        ResumedFrom = null;
        BatchesPerEpoch = null;
        HasValidation = false;
        _ledger = new CheckpointLedger(_log);
        module.Attach(this);
        return new RunScope(this, module);
    }

    private void EndRun(TrainingModule module)
    {
        module.Attach(null);
        _session?.Dispose();
        _session = null;
        Data = null;
        Volatile.Write(ref _running, 0);
    }

    private readonly struct RunScope(Trainer trainer, TrainingModule module) : IDisposable
    {
        public void Dispose() => trainer.EndRun(module);
    }

    [LoggerMessage(1000, LogLevel.Information, "{Costs}")]
    private static partial void LogCosts(ILogger logger, CheckpointCosts costs);
}
