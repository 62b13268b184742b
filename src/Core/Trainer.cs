using Fulgurite.Callbacks;
using Fulgurite.Checkpointing;
using Fulgurite.Composition;
using Fulgurite.Data;
using Fulgurite.IO;
using Fulgurite.Loops;
using Fulgurite.Metrics;
using Fulgurite.Numerics;
using Fulgurite.State;
using Fulgurite.Strategies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Runs fit, validate, test and predict: owns the loops and the order of hooks.</summary>
/// <remarks>
/// A run is synchronous, on one thread: tensors, dispose scopes and gradient mode belong to a thread.
/// <see cref="TrainerTasks"/> gives it a thread of its own. One trainer runs one thing at a time; several trainers may run side by
/// side.
/// </remarks>
public sealed partial class Trainer : IAsyncDisposable, IDisposable
{
    private readonly IReadOnlyList<IMetricLogger> _loggers;
    private readonly ILogger _log;
    private readonly MetricFlow _flow;
    private readonly ModuleCallbacks _moduleCallbacks;
    private FitSession? _session;
    private IAsyncDisposable? _owned;
    private int _running;

    /// <summary>Makes a trainer by hand; <c>services.AddTrainer()</c> makes one from parts.</summary>
    /// <param name="strategy">Where tensors live. The trainer does not dispose it.</param>
    /// <param name="options">How long it trains; null for the defaults.</param>
    /// <param name="callbacks">What runs around the loop; those that save checkpoints come last whatever their order here.</param>
    /// <param name="loggers">Where metrics go.</param>
    /// <param name="loggerFactory">Where messages go; null for nowhere.</param>
    /// <param name="timeProvider">The clock that limits and intervals of time go by; null for that of the system.</param>
    /// <exception cref="OptionsValidationException">An option has a value that is not allowed; every such option is named.</exception>
    /// <exception cref="InvalidOperationException">Two callbacks share a state key, or checkpoints are disabled and one saves some.</exception>
    public Trainer(
        IStrategy strategy,
        TrainerOptions? options = null,
        IEnumerable<Callback>? callbacks = null,
        IEnumerable<IMetricLogger>? loggers = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        Strategy = strategy;
        Options = options ?? new TrainerOptions();
        _loggers = [.. loggers ?? []];

        // A logger that wants to know more than metrics is a callback too.
        CallbackList = new CallbackList((callbacks ?? []).Concat(_loggers.OfType<Callback>()).Distinct());
        _log = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Trainer>();
        Time = timeProvider ?? TimeProvider.System;
        _moduleCallbacks = new ModuleCallbacks(CallbackList, _log);
        _flow = new MetricFlow(this, _loggers);
        RunOptions = Check(Options).ForRun();
        RunNumerics.Check(RunOptions, Strategy);
        Metrics.Share = Strategy.WorldSize > 1 ? Gather : null;
        Checkpoints = new RunCheckpoints(this, _log);
        Limits = new RunLimits(this, Time, _log);
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

    /// <summary>Whether the fit validates.</summary>
    public bool HasValidation { get; internal set; }

    /// <summary>Saves of the run that have not ended.</summary>
    public int PendingCheckpoints => Checkpoints.Pending;

    /// <summary>What the run that is under way, or the last one, is for.</summary>
    public RunStage Stage { get; private set; }

    /// <summary>Whether a fit is under way, rather than a validation alone.</summary>
    public bool IsFitting => _session is not null;

    /// <summary>Whether the validation that is under way only tries a few batches before training begins.</summary>
    public bool IsSanityChecking { get; internal set; }

    /// <summary>The path of the checkpoint that the run goes on from; null for a new run.</summary>
    public string? ResumedFrom { get; internal set; }

    /// <summary>How long the fit has trained, the time before it was resumed counted.</summary>
    public TimeSpan Elapsed => Limits.Elapsed;

    /// <summary>Whether the run only tries everything with a few batches (<see cref="TrainerOptions.FastDevRun"/>).</summary>
    public bool IsFastDevRun => RunOptions.FastDevRun > 0;

    /// <summary>
    /// How many batches share one optimizer step. Set it where no window is open, best in <c>OnTrainEpochStart</c>; a resumed run keeps it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than one.</exception>
    /// <exception cref="InvalidOperationException">Gradients of a window wait for its step.</exception>
    public int AccumulateGradBatches
    {
        get => Progress.AccumulateGradBatches ?? RunOptions.AccumulateGradBatches;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            if (value != AccumulateGradBatches && Progress.Accumulated > 0)
            {
                throw new InvalidOperationException($"AccumulateGradBatches cannot change now: {Progress.Accumulated} batches wait for their step, each counted as 1/{AccumulateGradBatches} of it. Change it at the start of an epoch.");
            }

            Progress.AccumulateGradBatches = value;
        }
    }

    /// <summary>Whether somebody asked the run to stop.</summary>
    public bool StopRequested
    {
        get => Strategy.WorldSize > 1 ? _stopAgreed : _stopRequested;
        private set => (_stopRequested, _stopAgreed) = (value, value && _stopAgreed);
    }

    /// <summary>What checkpoints cost so far in the run.</summary>
    public CheckpointCosts CheckpointCosts => Checkpoints.Costs;

    internal CallbackList CallbackList { get; private set; }

    /// <summary>The training data of the fit that is under way; null where there is none.</summary>
    internal DataFeed? Data { get; private set; }

    /// <summary>The options that the run goes by: those of the user, or what a trial run makes of them.</summary>
    internal TrainerOptions RunOptions { get; private set; }

    /// <summary>Whether something runs.</summary>
    internal bool IsRunning => Volatile.Read(ref _running) != 0;

    /// <summary>Whether modules are not asked for their callbacks, as in trials.</summary>
    internal bool IgnoresModuleCallbacks { get; init; }

    internal RunCheckpoints Checkpoints { get; private set; }

    internal RunLimits Limits { get; private set; }

    internal TimeProvider Time { get; }

    internal ILogger Log => _log;

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
        using var run = BeginRun(module, RunStage.Fit, trainData);
        return new FitRun<TBatch>(this, module, trainData, validationData, _log).Execute(checkpointPath, cancellationToken);
    }

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
        using var run = BeginRun(module, RunStage.Validate, data);
        return Evaluate(module, data, new ValidationStage<TBatch>(Hooks, module), checkpointPath, cancellationToken);
    }

    /// <summary>Tests a module on the calling thread, as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c> or <c>best</c>; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the test between two batches.</param>
    /// <returns>The metrics that the module logged, reduced.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public IReadOnlyDictionary<string, double> Test<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        using var run = BeginRun(module, RunStage.Test, data);
        return Evaluate(module, data, new TestStage<TBatch>(Hooks, module), checkpointPath, cancellationToken);
    }

    /// <summary>Predicts on the calling thread, with a module as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <typeparam name="TPrediction">What is predicted for a batch.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c> or <c>best</c>; null for those that the module has.</param>
    /// <param name="keepPredictions">
    /// Whether predictions are given back; false where a callback takes them (<c>OnPredictBatchEnd</c>) and they need not fit into memory.
    /// </param>
    /// <param name="cancellationToken">Ends the predictions between two batches.</param>
    /// <returns>A prediction for each batch, in order: copies in the memory of the CPU, in no dispose scope; the caller disposes them.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public IReadOnlyList<TPrediction> Predict<TBatch, TPrediction>(
        TrainingModule<TBatch, TPrediction> module,
        IEnumerable<TBatch> data,
        string? checkpointPath = null,
        bool keepPredictions = true,
        CancellationToken cancellationToken = default)
    {
        using var run = BeginRun(module, RunStage.Predict, data);
        var stage = new PredictionStage<TBatch, TPrediction>(Hooks, module, keepPredictions);
        try
        {
            Evaluate(module, data, stage, checkpointPath, cancellationToken);
            return stage.Predictions;
        }
        catch
        {
            stage.Abandon();
            throw;
        }
    }

    /// <summary>Loads the weights of a checkpoint into a module, and nothing else: the way to start anew from them.</summary>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the first checkpoint callback.</param>
    /// <param name="strict">Whether they have to be exactly the module's; null for what <see cref="TrainingModule.StrictLoading"/> says. Default: null.</param>
    /// <exception cref="InvalidOperationException">They do not fit; the module is unchanged.</exception>
    /// <exception cref="ArgumentException">The module and <paramref name="strict"/> say different things.</exception>
    public void LoadWeights(TrainingModule module, string checkpointPath, bool? strict = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        Checkpoints.LoadWeights(module, checkpointPath, ModuleWeights.IsStrict(module, strict));
    }

    /// <summary>
    /// Goes once more through the batches of an epoch: the training step of the module, without gradients. For callbacks that gather
    /// statistics at the end of training. What it logs is forgotten, and random numbers and data go on from where they were.
    /// </summary>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public void ForwardTrainingData() => Session("There is no training data to go through").TrainingPass!.Run();

    /// <summary>Makes a module as a checkpoint says that it was made, and loads its weights.</summary>
    /// <typeparam name="TModule">The module.</typeparam>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the first checkpoint callback.</param>
    /// <param name="make">Makes the module of its <see cref="TrainingModule.HyperParameters"/>; the map is empty where the checkpoint has none.</param>
    /// <param name="strict">Whether the weights have to be exactly the module's; null for what the module says. Default: null.</param>
    /// <exception cref="InvalidOperationException">The weights do not fit.</exception>
    public TModule LoadFromCheckpoint<TModule>(string checkpointPath, Func<StateMap, TModule> make, bool? strict = null)
        where TModule : TrainingModule
    {
        ArgumentNullException.ThrowIfNull(make);
        return Checkpoints.LoadModule(checkpointPath, make, strict);
    }

    /// <summary>Reads what the module of a checkpoint was made with, and nothing else of it.</summary>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the first checkpoint callback.</param>
    /// <returns>The <see cref="TrainingModule.HyperParameters"/>; empty where the checkpoint has none.</returns>
    public StateMap ReadHyperParameters(string checkpointPath) => Checkpoints.ReadHyperParameters(checkpointPath);

    /// <summary>Asks the run to stop at the next step boundary. May be called from any hook.</summary>
    /// <remarks>Where several processes train together all stop, at the next step boundary that they reach together.</remarks>
    public void RequestStop() => StopRequested = true;

    /// <summary>
    /// Gathers what a checkpoint holds, of live tensors. Save it at once: later steps change them. Saving the same state under several
    /// paths captures it once.
    /// </summary>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public TrainingState CaptureState(bool weightsOnly = false)
    {
        var session = Session("There is nothing to save");
        if (RunOptions.MaxTime is not null)
        {
            Progress.Elapsed = Limits.Elapsed;
        }

        return StateCapture.Capture(this, session, weightsOnly);
    }

    /// <summary>Saves a state; how it ended is told by the ticket, to callbacks, and by <see cref="TrainerOptions.OnCheckpointFailure"/>.</summary>
    /// <param name="state">What <see cref="CaptureState"/> gave.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    public CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options = null) => Checkpoints.Save(state, path, options);

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
        Checkpoints.Remove(path);
    }

    /// <summary>
    /// Hands numbers to the loggers at once, with the step and the epoch that the run is at. They are no metrics that checkpoints or
    /// callbacks know: it is for what describes the run, such as its speed.
    /// </summary>
    /// <param name="metrics">The numbers by name; none is fine.</param>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _flow.Send(metrics);
    }

    /// <summary>Says what the trainer is made of: to check a composition without running it.</summary>
    public TrainerDescription Describe() => TrainerDescription.Of(this, _loggers);

    /// <summary>
    /// Disposes the parts that were made for this trainer by <c>Trainer.Create</c>: saves that still wait are written first. What was given
    /// to the constructor, or belongs to a container, is left alone. Calling it again does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _owned, null) is { } owned)
        {
            await owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    internal void Own(IAsyncDisposable owned) => _owned = owned;

    internal void EnterSession(FitSession session, DataFeed data) => (_session, Data) = (session, data);

    internal void SkipRestOfEpoch() => Progress.RestSkipped = true;

    /// <summary>Goes on from where a checkpoint was taken.</summary>
    internal void Resume(RunProgress progress, TrainingState state)
    {
        Progress = progress;
        Metrics.TakeOver(state);
        Metrics.GlobalStep = progress.GlobalStep;
    }

    internal void CountStep()
    {
        Progress.GlobalStep++;
        Metrics.CountStep(Progress.GlobalStep);
        _flow.AfterStep();
    }

    /// <summary>Between two batches: callbacks hear of saves that have ended, and the run ends where somebody asked for it.</summary>
    internal void AtBoundary(TrainingModule module, CancellationToken cancellation)
    {
        Strategy.SettleCheckpoints();
        Checkpoints.Settle(module);
        if (Strategy.WorldSize > 1)
        {
            Agree(cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    internal FitSession Session(string purpose) =>
        _session ?? throw new InvalidOperationException($"{purpose}: no fit is under way.");

    private static TrainerOptions Check(TrainerOptions options)
    {
        var result = new AnnotationValidator<TrainerOptions>().Validate(null, options);
        return result.Succeeded ? options : throw new OptionsValidationException(nameof(TrainerOptions), typeof(TrainerOptions), result.Failures);
    }

    private IReadOnlyDictionary<string, double> Evaluate<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        EvaluationStage<TBatch> stage,
        string? checkpointPath,
        CancellationToken cancellation) =>
        new EvaluationRun<TBatch>(this, module, new EvaluationLoop<TBatch>(this, module, data, stage), _log).Execute(checkpointPath, cancellation);

    private RunScope BeginRun(TrainingModule module, RunStage stage, object data)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("This trainer is running already. Wait for its fit to end, or make a second trainer.");
        }

        Stage = stage;
        try
        {
            RunOptions = Check(Options).ForRun();
            RunNumerics.Check(RunOptions, Strategy);
            CallbackList = IgnoresModuleCallbacks ? CallbackList : _moduleCallbacks.For(module, Options.EnableCheckpointing);
        }
        catch
        {
            Volatile.Write(ref _running, 0);
            throw;
        }

        if (stage == RunStage.Fit)
        {
            // An evaluation keeps the counters of the fit before it, so that loggers put its metrics behind those of the fit.
            Progress = new RunProgress();
        }

        Hooks = new RunHooks(this, module);
        CallbackList.Begin(IsFastDevRun);
        module.Attach(this);
        Metrics.Clear();
        Metrics.GlobalStep = Progress.GlobalStep;
        (StopRequested, IsSanityChecking, HasValidation) = (false, false, false);
        CancelledTogether = false;
        (ResumedFrom, BatchesPerEpoch) = (null, null);
        Checkpoints = new RunCheckpoints(this, _log);
        Limits = new RunLimits(this, Time, _log);
        return new RunScope(this, module);
    }

    private void EndRun(TrainingModule module)
    {
        module.Attach(null);
        _session?.Dispose();
        (_session, Data) = (null, null);
        Volatile.Write(ref _running, 0);
    }

    private readonly struct RunScope(Trainer trainer, TrainingModule module) : IDisposable
    {
        public void Dispose() => trainer.EndRun(module);
    }
}
