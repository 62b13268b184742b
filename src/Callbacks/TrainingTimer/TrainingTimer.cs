namespace Fulgurite.Callbacks;

/// <summary>Measures how long a run trains, validations counted, over all its resumes, and stops it after a time.</summary>
/// <remarks>The run stops at a step boundary, so it takes a little longer than asked for; least numbers of epochs and steps still hold.</remarks>
[Plugin("timer")]
public sealed partial class TrainingTimer : Callback, IConfigurable<TrainingTimerOptions>
{
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private TimeSpan _before;
    private long? _start;
    private bool _said;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">How long a run may take; null for the defaults.</param>
    /// <param name="time">The clock; null for that of the system.</param>
    /// <param name="logger">Where it says that it stopped a run; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is not allowed.</exception>
    public TrainingTimer(TrainingTimerOptions? options = null, TimeProvider? time = null, ILogger<TrainingTimer>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _time = time ?? TimeProvider.System;
        _log = logger ?? NullLogger<TrainingTimer>.Instance;
    }

    /// <inheritdoc/>
    public TrainingTimerOptions Options { get; }

    /// <summary>How long the run has trained, what it did before it was resumed counted.</summary>
    public TimeSpan Elapsed => _before + (_start is { } start ? _time.GetElapsedTime(start) : TimeSpan.Zero);

    /// <summary>How much time is left, at least zero; null where there is no limit.</summary>
    public TimeSpan? Remaining => Options.Duration is { } duration ? TimeSpan.FromTicks(Math.Max(0, (duration - Elapsed).Ticks)) : null;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => Remaining == TimeSpan.Zero;

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            (_before, _start, _said) = (TimeSpan.Zero, null, false);
        }
    }

    /// <inheritdoc/>
    public override StateMap StateDict() => new() { ["elapsed_ticks"] = Elapsed.Ticks };

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _before = TimeSpan.FromTicks(state["elapsed_ticks"].AsInteger());
    }

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments)
    {
        _start = _time.GetTimestamp();

        // A run that had used up its time before it was resumed does nothing more.
        Check(arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (Options.Interval == TimerInterval.Batch)
        {
            Check(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Check(arguments.Trainer);

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments) => Stop();

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments) => Stop();

    private void Stop() => (_before, _start) = (Elapsed, null);

    private void Check(Trainer trainer)
    {
        if (Options.Duration is not { } duration || !trainer.Strategy.Collectives.ReduceDecision(IsOver, all: false))
        {
            return;
        }

        trainer.RequestStop();
        if (!_said)
        {
            _said = true;
            LogOver(_log, Elapsed, duration);
        }
    }

    [LoggerMessage(1110, LogLevel.Information, "The time is over: the run has trained for {Elapsed} of {Duration}")]
    private static partial void LogOver(ILogger logger, TimeSpan elapsed, TimeSpan duration);
}
