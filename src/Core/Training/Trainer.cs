using Fulgurite.Callbacks;
using Fulgurite.Composition;
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
public sealed class Trainer : IAsyncDisposable, IDisposable
{
    private readonly IReadOnlyList<IMetricLogger> _loggers;
    private readonly CallbackList _own;
    private readonly ModuleCallbacks _moduleCallbacks;
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
        ReproducibleKernels.Request();
        Strategy = strategy;
        Options = options ?? new TrainerOptions();
        _loggers = [.. loggers ?? []];

        // A logger that wants to know more than metrics is a callback too.
        _own = new CallbackList((callbacks ?? []).Concat(_loggers.OfType<Callback>()).Distinct());
        Log = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Trainer>();
        Time = timeProvider ?? TimeProvider.System;
        _moduleCallbacks = new ModuleCallbacks(_own, Log);
        Flow = new MetricFlow(this, _loggers);
        Metrics.Names.Log = Log;
        Metrics.BatchSize.Log = Log;
        Metrics.Share = Strategy.Collectives.WorldSize > 1 ? new MetricGathering(Strategy).Gather : null;
        Run = new TrainerRun(this, module: null, RunStage.Fit, CheckOptions(), _own, new RunProgress());
        if (!Options.EnableCheckpointing && _own.Checkpoints.Count > 0)
        {
            throw new InvalidOperationException(
                $"EnableCheckpointing is false and {_own.Checkpoints[0].GetType().Name} saves checkpoints. Remove the callback, or set EnableCheckpointing to true.");
        }
    }

    /// <summary>The seed that <see cref="SeedEverything"/> was given last in this process, or that the newest resumed run was given; null where none was.</summary>
    public static long? Seed => RandomSeed.Current;

    /// <summary>Where tensors live and how a step is executed.</summary>
    public IStrategy Strategy { get; }

    /// <summary>The options. Do not change them while a run is under way.</summary>
    public TrainerOptions Options { get; }

    /// <summary>
    /// The callbacks in the order in which they run; from the start of a run on with those that its module brings along
    /// (<see cref="TrainingModule.ConfigureCallbacks"/>).
    /// </summary>
    public IReadOnlyList<Callback> Callbacks => Run.Callbacks;

    /// <summary>Where metrics go, in the order in which they are told.</summary>
    public IReadOnlyList<IMetricLogger> Loggers => _loggers;

    /// <summary>The callbacks that save checkpoints.</summary>
    public IReadOnlyList<Checkpoint> CheckpointCallbacks => Run.Callbacks.Checkpoints;

    /// <summary>The first callback that saves checkpoints; null where there is none.</summary>
    public Checkpoint? CheckpointCallback => CheckpointCallbacks.Count > 0 ? CheckpointCallbacks[0] : null;

    /// <summary>What was logged.</summary>
    public MetricStore Metrics { get; } = new();

    /// <summary>Optimizer steps done in the run, resumed ones counted.</summary>
    public long GlobalStep => Run.Progress.GlobalStep;

    /// <summary>Epochs completed in the run, resumed ones counted.</summary>
    public int CurrentEpoch => Run.Progress.Epochs;

    /// <summary>Batches of the current epoch that were used.</summary>
    public int CurrentBatch => Run.Progress.Batches;

    /// <summary>How many batches an epoch has; null where that is not known, or no fit is under way.</summary>
    public int? BatchesPerEpoch => Run.BatchesPerEpoch;

    /// <summary>
    /// How many optimizer steps the fit that is under way has in all, unless it ends early: what a scheduler made in
    /// <see cref="TrainingModule.ConfigureOptimizers"/> wants to know. Null where neither <see cref="TrainerOptions.MaxSteps"/> nor epochs of a known
    /// length say so, and outside of a fit. Each batch is taken to have a loss, and each epoch the <see cref="AccumulateGradBatches"/> of now.
    /// </summary>
    public long? EstimatedSteppingBatches => IsRunning ? Run.EstimatedSteppingBatches : null;

    /// <summary>The optimizers of the fit that is under way, in the order in which they step; none outside of a fit.</summary>
    public IReadOnlyList<TorchSharp.torch.optim.Optimizer> Optimizers => Run.Session?.Optimizers ?? [];

    /// <summary>Whether the fit validates.</summary>
    public bool HasValidation => Run.HasValidation;

    /// <summary>Saves of the run that have not ended.</summary>
    public int PendingCheckpoints => Run.Checkpoints.Pending;

    /// <summary>What the run that is under way, or the last one, is for.</summary>
    public RunStage Stage => Run.Stage;

    /// <summary>Whether a fit is under way, rather than a validation alone.</summary>
    public bool IsFitting => Run.Session is not null;

    /// <summary>Whether the validation that is under way only tries a few batches before training begins.</summary>
    public bool IsSanityChecking => Run.IsSanityChecking;

    /// <summary>The path of the checkpoint that the run goes on from; null for a new run.</summary>
    public string? ResumedFrom => Run.ResumedFrom;

    /// <summary>How long the fit has trained, the time before it was resumed counted.</summary>
    public TimeSpan Elapsed => Run.Limits.Elapsed;

    /// <summary>Whether the run only tries everything with a few batches (<see cref="TrainerOptions.FastDevRun"/>).</summary>
    public bool IsFastDevRun => Run.Options.FastDevRun > 0;

    /// <summary>
    /// How many batches share one optimizer step. Set it where no window is open, best in <c>OnTrainEpochStart</c>; a resumed run keeps it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than one.</exception>
    /// <exception cref="InvalidOperationException">Gradients of a window wait for its step.</exception>
    public int AccumulateGradBatches
    {
        get => Run.AccumulateGradBatches;
        set => Run.AccumulateGradBatches = value;
    }

    /// <summary>Whether somebody asked the run to stop.</summary>
    public bool StopRequested => Run.Stop.IsMade;

    /// <summary>What checkpoints cost so far in the run.</summary>
    public CheckpointCosts CheckpointCosts => Run.Checkpoints.Costs;

    /// <summary>The run that is under way, or the last one.</summary>
    internal TrainerRun Run { get; private set; }

    /// <summary>Whether something runs.</summary>
    internal bool IsRunning => Volatile.Read(ref _running) != 0;

    /// <summary>Whether modules are not asked for their callbacks, as in trials.</summary>
    internal bool IgnoresModuleCallbacks { get; init; }

    internal MetricFlow Flow { get; }

    internal TimeProvider Time { get; }

    /// <summary>The key of its services; empty for the default trainer, and for one that is made by hand.</summary>
    internal string Name { get; init; } = string.Empty;

    internal ILogger Log { get; }

    /// <summary>Trains a module on the calling thread.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated anew for each.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">
    /// What to go on from: a path; <c>last</c>, the newest that the checkpoint callbacks know, of an earlier run too; <c>best</c>, that of the
    /// first checkpoint callback that has one; null to start anew.
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
        RunNumerics.Report(Strategy, Log);
        return new FitRun<TBatch>(this, module, trainData, validationData, Log).Execute(checkpointPath, cancellationToken);
    }

    /// <summary>
    /// Seeds everything random: libtorch on the CPU and on all CUDA devices, and the data sources of this framework that are given no seed of
    /// their own. Call it before the module is made, so that its weights are the same each time; the seed is kept in checkpoints. It also
    /// requests <see cref="ReproducibleKernels"/>.
    /// </summary>
    /// <remarks>
    /// The generators belong to the process: trainers that run side by side disturb each other's numbers. <c>System.Random</c> in
    /// code of your own has a seed of its own: give it <see cref="Seed"/>.
    /// </remarks>
    /// <param name="seed">The seed.</param>
    /// <returns>The seed.</returns>
    public static long SeedEverything(long seed)
    {
        ReproducibleKernels.Request();
        RandomSeed.Set(seed);
        return seed;
    }

    /// <summary>Asks the run to stop at the next step boundary. May be called from any hook.</summary>
    /// <remarks>Where several processes train together all stop, at the next step boundary that they reach together.</remarks>
    public void RequestStop() => Run.Stop.Make();

    /// <summary>
    /// Hands numbers to the loggers at once, with the step and the epoch that the run is at. They are no metrics that checkpoints or
    /// callbacks know: it is for what describes the run, such as its speed.
    /// </summary>
    /// <param name="metrics">The numbers by name; none is fine.</param>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        Flow.Send(metrics);
    }

    /// <summary>Says what the trainer is made of: to check a composition without running it.</summary>
    public TrainerDescription Describe() => TrainerDescription.Of(this, _loggers);

    /// <summary>
    /// Disposes the object that the trainer owns (<see cref="Own"/>); after <c>Trainer.Create</c> these are all its parts, whose pending saves
    /// are written first. Parts that were passed to the constructor, or belong to a container, are not disposed. A second call does nothing.
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

    /// <summary>Transfers the ownership of an object to this trainer, such as the container that created its parts.</summary>
    /// <param name="owned">The object; disposed with the trainer.</param>
    /// <exception cref="InvalidOperationException">The trainer owns an object already.</exception>
    public void Own(IAsyncDisposable owned)
    {
        ArgumentNullException.ThrowIfNull(owned);
        if (Interlocked.CompareExchange(ref _owned, owned, null) is not null)
        {
            throw new InvalidOperationException($"The trainer owns a {_owned?.GetType().Name} already. Dispose the {owned.GetType().Name} yourself, after the trainer.");
        }
    }

    internal FitSession Session(string purpose) =>
        Run.Session ?? throw new InvalidOperationException($"{purpose}: no fit is under way.");

    /// <summary>Begins a run: the trainer is another's until the scope is disposed.</summary>
    /// <exception cref="InvalidOperationException">One is under way.</exception>
    internal RunScope BeginRun(TrainingModule module, RunStage stage, object data)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("This trainer is running already. Wait for its fit to end, or make a second trainer.");
        }

        try
        {
            if (stage == RunStage.Fit && module.IsRunByAnother(this))
            {
                throw new InvalidOperationException(
                    $"Another trainer runs the module '{module.GetName()}' at the moment: both would change its parameters. Wait for that run to end, or train a module of its own.");
            }

            var options = CheckOptions();
            var callbacks = IgnoresModuleCallbacks ? _own : _moduleCallbacks.For(module, options.EnableCheckpointing);
            callbacks.Begin(options.FastDevRun > 0);

            // An evaluation keeps the counters of the fit before it, so that loggers put its metrics behind those of the fit.
            Run = new TrainerRun(this, module, stage, options, callbacks, stage == RunStage.Fit ? new RunProgress() : Run.Progress);
        }
        catch
        {
            Volatile.Write(ref _running, 0);
            throw;
        }

        var scope = new RunScope(this, module, module.Attach(this));
        try
        {
            Metrics.Clear();
            Metrics.GlobalStep = GlobalStep;
            return scope;
        }
        catch
        {
            // A metric of the module may fail to reset.
            scope.Dispose();
            throw;
        }
    }

    private TrainerOptions CheckOptions()
    {
        var result = new AnnotationValidator<TrainerOptions>().Validate(null, Options);
        if (!result.Succeeded)
        {
            throw new OptionsValidationException(nameof(TrainerOptions), typeof(TrainerOptions), result.Failures);
        }

        var options = Options.ForRun();
        RunNumerics.Check(options, Strategy);
        return options;
    }

    private void EndRun(TrainingModule module, Trainer? before)
    {
        module.Detach(this, before);
        Run.End();
        Volatile.Write(ref _running, 0);
    }

    /// <param name="trainer">The trainer.</param>
    /// <param name="module">What it runs.</param>
    /// <param name="before">Which trainer ran it before: a hook of a fit may let another trainer evaluate the module.</param>
    internal readonly struct RunScope(Trainer trainer, TrainingModule module, Trainer? before) : IDisposable
    {
        public void Dispose() => trainer.EndRun(module, before);
    }
}
