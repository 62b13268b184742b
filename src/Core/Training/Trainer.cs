using Fulgurite.Composition;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Runs fit, validate, test and predict. Implements the loops and the order of hooks.</summary>
/// <remarks>
/// A run is synchronous, on one thread, because tensors, dispose scopes and gradient mode belong to a thread.
/// <see cref="TrainerTasks"/> runs it on a dedicated thread. A trainer supports one run at a time; several trainers may run
/// concurrently.
/// </remarks>
public sealed partial class Trainer : IAsyncDisposable, IDisposable
{
    private readonly IReadOnlyList<IMetricLogger> _loggers;
    private readonly CallbackList _own;
    private readonly ModuleCallbacks _moduleCallbacks;
    private IAsyncDisposable? _owned;
    private int _running;
    private bool _isDisposed;

    /// <summary>Initializes a trainer directly. Use <c>services.AddTrainer()</c> for composition by dependency injection.</summary>
    /// <param name="strategy">The strategy, which determines the device. The trainer does not dispose it.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="callbacks">The callbacks. Those that save checkpoints run last, regardless of their position.</param>
    /// <param name="loggers">The metric loggers.</param>
    /// <param name="loggerFactory">The logger factory; null to disable logging.</param>
    /// <param name="timeProvider">The clock for time limits and intervals; null for the system clock.</param>
    /// <exception cref="OptionsValidationException">Options have invalid values; the message lists all of them.</exception>
    /// <exception cref="InvalidOperationException">
    /// Two callbacks share a state key, or a callback saves checkpoints although checkpointing is disabled.
    /// </exception>
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

        // The metrics are the same in all processes.
        _loggers = strategy.Collectives.IsRankZero ? [.. loggers ?? []] : [];

        // A logger that also derives from Callback receives all hooks.
        _own = new CallbackList((callbacks ?? []).Concat(_loggers.OfType<Callback>()).Distinct());
        Log = RankLogger.Of((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Trainer>(), strategy.Collectives);
        Time = timeProvider ?? TimeProvider.System;
        _moduleCallbacks = new ModuleCallbacks(_own, Log);
        Flow = new MetricFlow(this, _loggers);
        Metrics.Names.Log = Log;
        Metrics.BatchSize.Log = Log;
        if (Strategy.Collectives.WorldSize > 1)
        {
            var gathering = new MetricGathering(Strategy);
            (Metrics.Share, Metrics.Merge) = (gathering.Gather, gathering.Merge);
        }

        Run = new TrainerRun(this, module: null, RunStage.Fit, CheckOptions(), _own, new RunProgress());
        if (!Options.EnableCheckpointing && _own.Checkpoints.Count > 0)
        {
            throw new InvalidOperationException(
                $"EnableCheckpointing is false and {_own.Checkpoints[0].GetType().Name} saves checkpoints. Remove the callback, "
                    + "or set EnableCheckpointing to true.");
        }
    }

    /// <summary>
    /// Gets the seed of the last call of <see cref="SeedEverything"/> or of the last resumed run in this process; null if there is none.
    /// </summary>
    public static long? Seed => RandomSeed.Current;

    /// <summary>Gets the strategy, which determines the device and the execution of steps.</summary>
    public IStrategy Strategy { get; }

    /// <summary>Gets the options. Do not change them during a run.</summary>
    public TrainerOptions Options { get; }

    /// <summary>
    /// Gets the callbacks in execution order. From the start of a run, they include those of its module
    /// (<see cref="TrainingModule.ConfigureCallbacks"/>).
    /// </summary>
    public IReadOnlyList<Callback> Callbacks => Run.Callbacks;

    /// <summary>Gets the metric loggers, in the order in which they are called.</summary>
    public IReadOnlyList<IMetricLogger> Loggers => _loggers;

    /// <summary>Gets the callbacks that save checkpoints.</summary>
    public IReadOnlyList<Checkpoint> CheckpointCallbacks => Run.Callbacks.Checkpoints;

    /// <summary>Gets the first callback that saves checkpoints; null if there is none.</summary>
    public Checkpoint? CheckpointCallback => CheckpointCallbacks.Count > 0 ? CheckpointCallbacks[0] : null;

    /// <summary>Gets the logged metrics.</summary>
    public MetricStore Metrics { get; } = new();

    /// <summary>Gets the number of completed optimizer steps in the run, including those before a resume.</summary>
    public long GlobalStep => Run.Progress.GlobalStep;

    /// <summary>Gets the number of completed epochs in the run, including those before a resume.</summary>
    public int CurrentEpoch => Run.Progress.Epochs;

    /// <summary>Gets the number of used batches in the current epoch.</summary>
    public int CurrentBatch => Run.Progress.Batches;

    /// <summary>Gets the number of batches in an epoch; null if it is unknown or no fit is running.</summary>
    public int? BatchesPerEpoch => Run.BatchesPerEpoch;

    /// <summary>
    /// Gets the total number of optimizer steps of the running fit, unless it ends early, e.g. for a scheduler created in
    /// <see cref="TrainingModule.ConfigureOptimizers"/>. Null outside a fit, and if neither <see cref="TrainerOptions.MaxSteps"/> nor
    /// epochs of known length determine it. Assumes a loss for every batch and the current <see cref="AccumulateGradBatches"/> for every
    /// epoch.
    /// </summary>
    public long? EstimatedSteppingBatches => IsRunning ? Run.EstimatedSteppingBatches : null;

    /// <summary>Gets the optimizers of the running fit, in the order in which they step; empty outside a fit.</summary>
    public IReadOnlyList<TorchSharp.torch.optim.Optimizer> Optimizers => Run.Session?.Optimizers ?? [];

    /// <summary>Gets a value that indicates whether the fit has validations.</summary>
    public bool HasValidation => Run.HasValidation;

    /// <summary>
    /// Gets a value that indicates whether the fit has validated since the last training batch, possibly before a resume.
    /// </summary>
    public bool IsValidated => Run.Progress.Phase == LoopPhase.ValidationEnd;

    /// <summary>Gets the number of unfinished saves of the run.</summary>
    public int PendingCheckpoints => Run.Checkpoints.Pending;

    /// <summary>Gets the purpose of the current or last run.</summary>
    public RunStage Stage => Run.Stage;

    /// <summary>Gets a value that indicates whether a fit is running, rather than a standalone evaluation.</summary>
    public bool IsFitting => Run.Session is not null;

    /// <summary>Gets a value that indicates whether the running validation is the sanity check before training.</summary>
    public bool IsSanityChecking => Run.IsSanityChecking;

    /// <summary>Gets the path of the checkpoint from which the run resumed; null for a new run.</summary>
    public string? ResumedFrom => Run.ResumedFrom;

    /// <summary>Gets the training time of the fit, including the time before a resume.</summary>
    public TimeSpan Elapsed => Run.Limits.Elapsed;

    /// <summary>
    /// Gets a value that indicates whether this is a trial run with a few batches (<see cref="TrainerOptions.FastDevRun"/>).
    /// </summary>
    public bool IsFastDevRun => Run.Options.FastDevRun > 0;

    /// <summary>
    /// Gets or sets the number of batches per optimizer step. Set it between accumulation windows, preferably in <c>OnTrainEpochStart</c>.
    /// A resumed run keeps it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than one.</exception>
    /// <exception cref="InvalidOperationException">The current accumulation window is incomplete.</exception>
    public int AccumulateGradBatches
    {
        get => Run.AccumulateGradBatches;
        set => Run.AccumulateGradBatches = value;
    }

    /// <summary>Gets a value that indicates whether a stop was requested.</summary>
    public bool StopRequested => Run.Stop.IsMade;

    /// <summary>Gets the cost of checkpoints in the run so far.</summary>
    public CheckpointCosts CheckpointCosts => Run.Checkpoints.Costs;

    /// <summary>Gets the current or last run.</summary>
    internal TrainerRun Run { get; private set; }

    /// <summary>Gets or sets the newest checkpoint that was found last: the path that a program passes to a fit afterwards.</summary>
    internal string? FoundCheckpoint { get; set; }

    /// <summary>Gets whether a run is in progress.</summary>
    internal bool IsRunning => Volatile.Read(ref _running) != 0;

    /// <summary>Gets whether the callbacks of modules are ignored, as in trials.</summary>
    internal bool IgnoresModuleCallbacks { get; init; }

    internal MetricFlow Flow { get; }

    internal TimeProvider Time { get; }

    /// <summary>Gets the key of the trainer's services; empty for the default trainer and for one created directly.</summary>
    internal string Name { get; init; } = string.Empty;

    internal ILogger Log { get; }

    /// <summary>Trains a module on the calling thread.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated once per epoch.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">
    /// The checkpoint to resume from: a path; <c>last</c> for the newest one of the checkpoint callbacks, including those of earlier runs;
    /// <c>best</c> for the best one of the first checkpoint callback that has one; <see cref="Resume.IfPossible"/> for <c>last</c> if there
    /// is one; null to start from scratch.
    /// </param>
    /// <param name="cancellationToken">
    /// Requests a stop at the next step boundary, which the result reports. Without one, Ctrl-C and SIGTERM do
    /// (<see cref="TrainerOptions.StopOnSignals"/>).
    /// </param>
    /// <exception cref="CheckpointException">A checkpoint could not be saved (<see cref="TrainerOptions.OnCheckpointFailure"/>) or
    /// read.</exception>
    public FitResult Fit<TBatch>(
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> trainData,
        IEnumerable<TBatch>? validationData = null,
        string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        using var run = BeginRun(module, RunStage.Fit, trainData);
        RunNumerics.Report(Strategy, Log);
        using var signals = FitSignals.Listen(this, cancellationToken);
        var result = new FitRun<TBatch>(this, module, trainData, validationData, Log).Execute(
            checkpointPath, signals?.Token ?? cancellationToken);
        if (signals is not null)
        {
            signals.Report(result);
        }
        else
        {
            FitSignals.WarnOfUnsaved(this, result);
        }

        return result;
    }

    /// <summary>
    /// Seeds all random number generators: libtorch on the CPU and on all CUDA devices, and the data sources of this framework without
    /// their own seed. Call it before creating the module, so that its initial weights are reproducible. The seed is saved in checkpoints.
    /// Also requests <see cref="ReproducibleKernels"/>.
    /// </summary>
    /// <remarks>
    /// The generators are process-wide: trainers that run concurrently affect each other's random numbers. Seed any <c>System.Random</c> of
    /// your own with <see cref="Seed"/>.
    /// </remarks>
    /// <param name="seed">The seed.</param>
    /// <returns>The seed.</returns>
    /// <exception cref="DllNotFoundException">A native library of TorchSharp cannot be loaded; the message states why.</exception>
    public static long SeedEverything(long seed)
    {
        NativeTorch.Load();
        ReproducibleKernels.Request();
        RandomSeed.Set(seed);
        return seed;
    }

    /// <summary>Requests the run to stop at the next step boundary. May be called in any hook.</summary>
    /// <remarks>In distributed training, all processes stop at the next common step boundary.</remarks>
    public void RequestStop() => Run.Stop.Make();

    /// <summary>
    /// Sends numbers to the loggers immediately, with the current step and epoch of the run. They are not available to checkpoints and
    /// callbacks. Intended for properties of the run, such as its speed.
    /// </summary>
    /// <param name="metrics">The numbers by name; may be empty.</param>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        Flow.Send(metrics);
    }

    /// <summary>Describes the composition of the trainer, so that it can be checked without a run.</summary>
    public TrainerDescription Describe() => TrainerDescription.Of(this, _loggers);

    /// <summary>
    /// Disposes the optimizers of the last fit and the object that the trainer owns (<see cref="Own"/>); after <c>Trainer.Create</c> these
    /// are all its parts, whose pending saves are written first. Parts that were passed to the constructor, or belong to a container, are
    /// not disposed. A second call does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        Run.ForgetEnded();
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
            throw new InvalidOperationException(
                $"The trainer owns a {_owned?.GetType().Name} already. Dispose the {owned.GetType().Name} yourself, after the trainer.");
        }
    }
}
