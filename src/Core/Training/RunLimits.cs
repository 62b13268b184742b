using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The limits of a fit, and requests to stop, which take effect only after the required minimum.</summary>
internal sealed partial class RunLimits(Trainer trainer, TrainerOptions options, ILogger logger)
{
    private readonly TrainerOptions _options = options;
    private readonly TimeProvider _time = trainer.Time;
    private long? _started;
    private TimeSpan _before;
    private bool _saidThatItWaits;

    /// <summary>Gets whether a limit is reached.</summary>
    public bool IsReached =>
        trainer.Run.Progress.Epochs >= (_options.MaxEpochs ?? int.MaxValue)
        || trainer.Run.Progress.GlobalStep >= (_options.MaxSteps ?? long.MaxValue)
        || (IsTimeUp && MayStop);

    /// <summary>Gets the limit that ended training, e.g. <c>MaxEpochs is 3</c>; null before one is reached.</summary>
    public string? ReachedBy => !IsReached ? null
        : trainer.Run.Progress.Epochs >= (_options.MaxEpochs ?? int.MaxValue)
        ? $"{nameof(TrainerOptions.MaxEpochs)} is {_options.MaxEpochs}"
        : trainer.Run.Progress.GlobalStep >= (_options.MaxSteps ?? long.MaxValue)
        ? $"{nameof(TrainerOptions.MaxSteps)} is {_options.MaxSteps}"
        : $"{nameof(TrainerOptions.MaxTime)} is {_options.MaxTime}";

    /// <summary>Gets whether training continues.</summary>
    public bool MayGoOn => !IsReached && !(trainer.StopRequested && MayStop);

    /// <summary>Gets the training time of the run, including the time before a resume.</summary>
    public TimeSpan Elapsed => _before + (_started is { } started ? _time.GetElapsedTime(started) : TimeSpan.Zero);

    /// <summary>Gets or sets whether the time limit of one of several processes is reached.</summary>
    public bool IsTimeUpForAll { get; set; }

    /// <summary>Gets whether the time limit of this process is reached.</summary>
    public bool IsTimeUpHere => _options.MaxTime is { } limit && Elapsed >= limit;

    private bool IsTimeUp => trainer.Strategy.Collectives.WorldSize > 1 ? IsTimeUpForAll : IsTimeUpHere;

    private bool MayStop
    {
        get
        {
            var may = trainer.Run.Progress.Epochs >= (_options.MinEpochs ?? 0)
                && trainer.Run.Progress.GlobalStep >= (_options.MinSteps ?? 0);
            if (!may && !_saidThatItWaits)
            {
                _saidThatItWaits = true;
                LogWaits(logger, _options.MinEpochs ?? 0, _options.MinSteps ?? 0);
            }

            return may;
        }
    }

    /// <summary>Starts the clock after the time that a resumed run has already used.</summary>
    public void Start(TimeSpan before) => (_before, _started) = (before, _time.GetTimestamp());

    /// <summary>Stops the clock.</summary>
    public void End() => (_before, _started) = (Elapsed, null);

    [LoggerMessage(
        1041, LogLevel.Information,
        "Stop requested; training continues until {MinEpochs} epochs and {MinSteps} steps are completed (MinEpochs, MinSteps)")]
    private static partial void LogWaits(ILogger logger, int minEpochs, long minSteps);
}

/// <summary>
/// A request to stop a run. Several processes stop together, at a common step boundary, if one of them is asked to.
/// </summary>
internal sealed class StopRequest(ICollectives collectives)
{
    private volatile bool _here;
    private bool _agreed;

    /// <summary>Gets whether the run is to stop.</summary>
    public bool IsMade => collectives.WorldSize > 1 ? _agreed : _here;

    /// <summary>Gets whether the run was cancelled in another process, and therefore in all.</summary>
    public bool CancelledTogether { get; private set; }

    /// <summary>Requests a stop. Thread-safe.</summary>
    public void Make() => _here = true;

    /// <summary>
    /// Exchanges requests between all processes at a step boundary. The first process to reach its time limit ends the run of all.
    /// </summary>
    /// <exception cref="OperationCanceledException">The run was cancelled in one of the processes.</exception>
    public void Agree(RunLimits limits, CancellationToken cancellation)
    {
        // Read once: what comes later waits for the next exchange.
        var (isStop, isTimeUp, isCancelled) = (_here, limits.IsTimeUpHere, cancellation.IsCancellationRequested);
        if (!IsInAny(isStop || isTimeUp || isCancelled))
        {
            return;
        }

        _agreed = IsInAny(isStop);
        limits.IsTimeUpForAll = IsInAny(isTimeUp);
        CancelledTogether = IsInAny(isCancelled);
        if (CancelledTogether)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private bool IsInAny(bool decision) => collectives.ReduceDecision(decision, all: false);
}
