using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Measures the training time of a run, including validations, over all its resumes, and stops the run after a time.</summary>
/// <remarks>The run stops at a step boundary, so it takes slightly longer. Minimum numbers of epochs and steps still apply.</remarks>
[Plugin("timer")]
public sealed partial class TrainingTimer : Callback, IConfigurable<TrainingTimerOptions>
{
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private TimeSpan _before;
    private long? _start;
    private bool _said;

    /// <summary>Initializes a new instance of the <see cref="TrainingTimer"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="time">The clock; null for the system clock.</param>
    /// <param name="logger">The logger for stops; null to disable logging.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public TrainingTimer(TrainingTimerOptions? options = null, TimeProvider? time = null, ILogger<TrainingTimer>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _time = time ?? TimeProvider.System;
        _log = logger ?? NullLogger<TrainingTimer>.Instance;
    }

    /// <inheritdoc/>
    public TrainingTimerOptions Options { get; }

    /// <summary>Gets the training time of the run, including the time before a resume.</summary>
    public TimeSpan Elapsed => _before + (_start is { } start ? _time.GetElapsedTime(start) : TimeSpan.Zero);

    /// <summary>Gets the remaining time, at least zero; null without a limit.</summary>
    public TimeSpan? Remaining => Options.Duration is { } duration ? TimeSpan.FromTicks(Math.Max(0, (duration - Elapsed).Ticks)) : null;

    /// <summary>Gets a value indicating whether the time has elapsed.</summary>
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

        // A run whose time had elapsed before the resume stops at once.
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

    [LoggerMessage(1111, LogLevel.Information, "The time limit is reached: the run has trained for {Elapsed} of {Duration}")]
    private static partial void LogOver(ILogger logger, TimeSpan elapsed, TimeSpan duration);
}

/// <summary>Options of <see cref="TrainingTimer"/>.</summary>
public sealed class TrainingTimerOptions : IValidatableObject
{
    /// <summary>Gets or sets the maximum training time over all resumes of a run; null to only measure.</summary>
    /// <value>The default is null.</value>
    public TimeSpan? Duration { get; set; }

    /// <summary>Gets or sets whether the time is checked after every batch or after every epoch.</summary>
    /// <value>The default is <see cref="TimerInterval.Batch"/>.</value>
    public TimerInterval Interval { get; set; } = TimerInterval.Batch;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => Duration < TimeSpan.Zero
        ? [new ValidationResult($"Duration is {Duration}; allowed is 00:00:00 or more. Days come first, as in 1.12:00:00.")]
        : [];
}

/// <summary>The time at which a <see cref="TrainingTimer"/> checks the clock.</summary>
public enum TimerInterval
{
    /// <summary>After every training batch.</summary>
    Batch,

    /// <summary>After every epoch.</summary>
    Epoch,
}
