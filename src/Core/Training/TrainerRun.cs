using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The state of one run of a trainer, created anew for each run. The state of the last run remains readable.</summary>
internal sealed partial class TrainerRun
{
    private readonly Trainer _trainer;

    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; null before the first run.</param>
    /// <param name="stage">The purpose of the run.</param>
    /// <param name="options">The effective options: those of the user, or those of a trial run.</param>
    /// <param name="callbacks">The callbacks of the trainer and the module.</param>
    /// <param name="progress">The initial position.</param>
    public TrainerRun(
        Trainer trainer, TrainingModule? module, RunStage stage, TrainerOptions options, CallbackList callbacks, RunProgress progress)
    {
        _trainer = trainer;
        Stage = stage;
        Options = options;
        Callbacks = callbacks;
        Progress = progress;
        Hooks = new HookDispatcher(module!, callbacks);
        Checkpoints = new RunCheckpoints(trainer, trainer.Log);
        Search = new CheckpointSearch(trainer, trainer.Log);
        Loads = new CheckpointLoads(trainer, Search, trainer.Log);
        Limits = new RunLimits(trainer, options, trainer.Log);
        Stop = new StopRequest(trainer.Strategy.Collectives);
        Instruments = new RunInstruments(trainer, module);
        Warnings = new RunWarnings(trainer);
    }

    public RunStage Stage { get; }

    public TrainerOptions Options { get; }

    public CallbackList Callbacks { get; }

    public HookDispatcher Hooks { get; }

    public RunCheckpoints Checkpoints { get; }

    public CheckpointSearch Search { get; }

    public CheckpointLoads Loads { get; }

    public RunLimits Limits { get; }

    public StopRequest Stop { get; }

    public RunInstruments Instruments { get; }

    public RunWarnings Warnings { get; }

    /// <summary>Gets the position of the run.</summary>
    public RunProgress Progress { get; private set; }

    /// <summary>Gets or sets the number of batches per optimizer step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than one.</exception>
    /// <exception cref="InvalidOperationException">The current accumulation window is incomplete.</exception>
    public int AccumulateGradBatches
    {
        get => Progress.AccumulateGradBatches ?? Options.AccumulateGradBatches;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            if (value != AccumulateGradBatches && Progress.Accumulated > 0)
            {
                throw new InvalidOperationException(
                    $"AccumulateGradBatches cannot change now: {Progress.Accumulated} batches of the current accumulation window are "
                        + $"already scaled by 1/{AccumulateGradBatches}. Change it at the start of an epoch.");
            }

            Progress.AccumulateGradBatches = value;
        }
    }

    /// <summary>Gets the session of a fit; null outside a fit.</summary>
    public FitSession? Session { get; private set; }

    /// <summary>Gets the last fit, from which a checkpoint can still be saved; null during a fit and if there is none.</summary>
    public EndedFit? Ended { get; private set; }

    /// <summary>Gets or sets whether the session of the fit is kept for saves after its end.</summary>
    public bool KeepsSession { get; set; }

    /// <summary>Gets the training data of the running or last fit; null if there is none.</summary>
    public DataFeed? Data { get; private set; }

    public int? BatchesPerEpoch { get; set; }

    /// <summary>
    /// Gets the total number of optimizer steps of a fit as determined by its options and data; null if they do not, or outside a fit.
    /// </summary>
    public long? EstimatedSteppingBatches
    {
        get
        {
            if (Stage != RunStage.Fit)
            {
                return null;
            }

            long? byEpochs = Options.MaxEpochs is { } epochs && BatchesPerEpoch is { } batches
                ? epochs * (((long)batches + AccumulateGradBatches - 1) / AccumulateGradBatches)
                : null;
            return byEpochs < (Options.MaxSteps ?? long.MaxValue) ? byEpochs : Options.MaxSteps;
        }
    }

    public bool HasValidation { get; set; }

    public bool IsSanityChecking { get; set; }

    /// <summary>
    /// Gets or sets the state of the random number generator before the validation of a fit that runs; null outside one. A run that
    /// resumes from a checkpoint saved within a validation repeats it.
    /// </summary>
    public TensorData? RandomBeforeValidation { get; set; }

    public string? ResumedFrom { get; set; }

    /// <summary>Gets the number of steps at the start: zero, or those of the checkpoint from which the run resumed.</summary>
    public long FirstStep { get; private set; }

    /// <summary>Gets the number of steps that a run resumed from the newest checkpoint would repeat.</summary>
    public long UnsavedSteps => Progress.GlobalStep - (Checkpoints.Saved?.GlobalStep ?? FirstStep);

    public void Enter(FitSession session, DataFeed data) => (Session, Data) = (session, data);

    /// <summary>Restores the position of a checkpoint.</summary>
    public void Resume(RunProgress progress, TrainingState state)
    {
        Progress = progress;
        FirstStep = progress.GlobalStep;
        _trainer.Metrics.TakeOver(state);
        _trainer.Metrics.GlobalStep = progress.GlobalStep;
    }

    /// <summary>Counts an optimizer step.</summary>
    public void CountStep()
    {
        Progress.GlobalStep++;
        _trainer.Metrics.CountStep(Progress.GlobalStep);
        Instruments.CountStep();
        _trainer.Flow.AfterStep();
    }

    /// <summary>Called between two batches: notifies callbacks of completed saves, and throws if the run was cancelled.</summary>
    public void AtBoundary(TrainingModule module, CancellationToken cancellation)
    {
        _trainer.Strategy.SettleCheckpoints();
        Checkpoints.Settle(module);
        ThrowIfCancelled(cancellation);
    }

    /// <summary>Ends the run if requested. All processes reach this point together.</summary>
    public void ThrowIfCancelled(CancellationToken cancellation)
    {
        if (_trainer.Strategy.Collectives.WorldSize > 1)
        {
            // A request that comes after the exchange waits for the next one: the other processes go on until then.
            Stop.Agree(Limits, cancellation);
            return;
        }

        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Returns the token that may cancel a pass over data within a fit. With several processes there is none, because they would stop at
    /// different batches; they stop at the next step boundary.
    /// </summary>
    public CancellationToken WithinAPass(CancellationToken cancellation) =>
        _trainer.Strategy.Collectives.WorldSize > 1 ? CancellationToken.None : cancellation;

    /// <summary>Takes over the last fit from an earlier run, for an evaluation.</summary>
    public void TakeEnded(TrainerRun earlier) => (Ended, Data, earlier.Ended) = (earlier.Ended, earlier.Data, null);

    public void End()
    {
        Limits.End();
        var session = Session;
        Session = null;
        if (session is null)
        {
            return;
        }

        if (KeepsSession)
        {
            Ended = new EndedFit(session, Limits.Elapsed, RandomState.Capture());
            return;
        }

        Dispose(session);
        Data = null;
    }

    /// <summary>Disposes the optimizers of the last fit, which cannot be saved any more.</summary>
    public void ForgetEnded()
    {
        if (Ended is { } ended)
        {
            (Ended, Data) = (null, null);
            Dispose(ended.Session);
        }
    }

    private void Dispose(FitSession session)
    {
        try
        {
            session.Dispose();
        }
        catch (Exception exception)
        {
            // The outcome of the run must not be replaced.
            LogNotDisposed(_trainer.Log, exception);
        }
    }

    [LoggerMessage(1042, LogLevel.Error, "An optimizer could not be disposed at the end of the run")]
    private static partial void LogNotDisposed(ILogger logger, Exception exception);
}

/// <summary>What the checkpoint of a fit contains beside the position, kept until the next fit.</summary>
/// <param name="Session">The module and its optimizers.</param>
/// <param name="Elapsed">The training time.</param>
/// <param name="Random">The state of the random number generator at the end of the fit.</param>
internal sealed record EndedFit(FitSession Session, TimeSpan Elapsed, TensorData Random);

/// <summary>Specifies the purpose of a run.</summary>
public enum RunStage
{
    /// <summary>Training, including validations.</summary>
    Fit,

    /// <summary>A standalone validation.</summary>
    Validate,

    /// <summary>A test.</summary>
    Test,

    /// <summary>A prediction run.</summary>
    Predict,
}

/// <summary>Runs a delegate on a dedicated thread.</summary>
internal static class RunThread
{
    public static Task<TResult> Start<TResult>(string name, Func<TResult> run)
    {
        var completion = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(run());
            }
            catch (Exception exception)
            {
                // All exceptions are passed to the awaiting caller.
                completion.SetException(exception);
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        return completion.Task;
    }
}
