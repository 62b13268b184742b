using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>
/// Triggers saves by the maximum data loss and the maximum overhead instead of a frequency, based on the measured durations of steps,
/// captures and writes.
/// </summary>
/// <remarks>
/// A crash loses the training since the capture of the newest durable state. The loss is largest just before the next state becomes
/// durable: the interval between saves plus the duration of one write. So the interval is the maximum data loss, minus the latency of a
/// save, minus one step, since a save waits for the end of a step. Without a maximum data loss, the interval is the shortest that the
/// overhead allows. Saves do not overlap: the next one waits until the last one has ended.
/// </remarks>
public sealed class DurabilityGoal : ICheckpointTrigger
{
    // The newest measurement counts a third: slow enough for one that is off, quick enough for a disk that gets busy.
    private const double Weight = 1.0 / 3;

    private readonly TimeSpan? _loseAtMost;
    private readonly double? _costAtMost;
    private readonly TimeProvider _time;
    private readonly Dictionary<SaveOperation, long> _pending = [];
    private TimeSpan? _latency;
    private TimeSpan? _stall;
    private TimeSpan? _step;
    private TimeSpan _totalStall;
    private TimeSpan _worstLoss;
    private int _saves;
    private int _skipped;
    private long _started;
    private long? _lastStepTime;
    private long _lastAsked;
    private long _lastDurable;
    private long _askedStep;
    private long _globalStep;

    /// <summary>Initializes the trigger.</summary>
    /// <param name="loseAtMost">The maximum loss of training time; null for no limit.</param>
    /// <param name="costAtMost">The maximum overhead of saves, as a fraction of the training time; null for no limit.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    public DurabilityGoal(TimeSpan? loseAtMost, double? costAtMost = null, TimeProvider? timeProvider = null)
    {
        if (loseAtMost is null && costAtMost is null)
        {
            throw new ArgumentException(
                "A durability target needs a limit. Set the maximum data loss, the maximum overhead, or both.", nameof(loseAtMost));
        }

        _loseAtMost = loseAtMost;
        _costAtMost = costAtMost;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public bool UsesClock => true;

    /// <summary>Gets the results so far.</summary>
    public DurabilityReport Report => new(_worstLoss, Cost, _saves, Interval, Problem) { Skipped = _skipped };

    /// <summary>
    /// Gets a value indicating whether the last measured duration of a save exceeds the maximum data loss.
    /// </summary>
    internal bool CannotBeMet => SafeInterval <= TimeSpan.Zero;

    private double Cost => _time.GetElapsedTime(_started) is { Ticks: > 0 } elapsed ? _totalStall / elapsed : 0;

    private TimeSpan CheapestInterval => _costAtMost is { } cost && _stall is { } stall ? stall / cost : TimeSpan.Zero;

    /// <summary>Gets the longest interval within the maximum data loss; negative if there is none.</summary>
    private TimeSpan? SafeInterval => _loseAtMost is { } most
        ? _latency is { } latency ? most - latency - (_step ?? TimeSpan.Zero) : most / 2 // Nothing is known yet: soon enough to learn from.
        : null;

    private TimeSpan Interval => SafeInterval is { } safe ? (safe > TimeSpan.Zero ? safe : TimeSpan.Zero) : CheapestInterval;

    private string? Problem
    {
        get
        {
            if (SafeInterval is { } safe && safe <= TimeSpan.Zero)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"MaxDataLoss is {_loseAtMost!.Value.TotalSeconds:0.###} s, and until a save is durable "
                        + $"{(_latency!.Value + (_step ?? TimeSpan.Zero)).TotalSeconds:0.###} s pass. Saves run back to back, and only "
                        + $"one best checkpoint is written at a time. Use faster storage, save less data, or raise MaxDataLoss.");
            }

            return SafeInterval is { } interval && CheapestInterval > interval
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"MaxDataLoss requires a save every {interval.TotalSeconds:0.###} s, but MaxOverhead allows at most one per "
                        + $"{CheapestInterval.TotalSeconds:0.###} s, because a save stalls training for "
                        + $"{_stall!.Value.TotalMilliseconds:0.###} ms. MaxDataLoss takes precedence. Raise one of the two, "
                        + $"or save in the background.")
                : null;
        }
    }

    /// <inheritdoc/>
    public void Start()
    {
        _started = _lastAsked = _lastDurable = _time.GetTimestamp();
        _lastStepTime = null;
        _pending.Clear();
        (_latency, _stall, _step, _totalStall, _worstLoss, _saves, _skipped, _askedStep, _globalStep) = (
            null, null, null, default, default, 0, 0, 0, 0);
    }

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment)
    {
        var now = _time.GetTimestamp();
        _globalStep = moment.GlobalStep;
        if (moment.Kind == CheckpointMomentKind.TrainBatchEnd && moment.Stepped)
        {
            if (_lastStepTime is { } last)
            {
                _step = Blend(_step, _time.GetElapsedTime(last, now));
            }

            _lastStepTime = now;
        }

        return _pending.Count == 0 && moment.GlobalStep != _askedStep && _time.GetElapsedTime(_lastAsked, now) >= Interval;
    }

    /// <inheritdoc/>
    public void Asked(SaveOperation operation)
    {
        _lastAsked = _time.GetTimestamp();
        _askedStep = _globalStep;
        _pending[operation] = _lastAsked;
    }

    /// <inheritdoc/>
    public void Ended(SaveOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (!_pending.Remove(operation, out var asked))
        {
            return;
        }

        _totalStall += operation.Stall;
        _stall = Blend(_stall, operation.Stall);
        if (operation.Outcome != CheckpointOutcome.Durable)
        {
            // The earlier durable checkpoint is still the newest, and the next attempt need not wait.
            _lastAsked = _lastDurable;
            _askedStep = 0;
            return;
        }

        var latency = operation.Stall + operation.QueueTime + operation.WriteTime;
        var loss = _time.GetElapsedTime(_lastDurable, asked) + latency;
        _latency = Blend(_latency, latency);
        _worstLoss = loss > _worstLoss ? loss : _worstLoss;
        _lastDurable = asked;
        _saves++;
    }

    /// <summary>Counts a checkpoint that was skipped because the storage is too slow.</summary>
    internal void Skip() => _skipped++;

    private static TimeSpan Blend(TimeSpan? before, TimeSpan now) => before is { } known ? known + ((now - known) * Weight) : now;
}

/// <summary>The results of a <see cref="DurabilityGoal"/> in a run so far.</summary>
/// <param name="WorstLoss">The maximum training time that a crash would have lost.</param>
/// <param name="Cost">The time training waited for saves, as a fraction of the training time.</param>
/// <param name="Saves">The number of durable saves.</param>
/// <param name="Interval">The current interval between saves, based on the last measurements.</param>
/// <param name="Problem">The reason why the durability target cannot be met; null if it can.</param>
public sealed record DurabilityReport(TimeSpan WorstLoss, double Cost, int Saves, TimeSpan Interval, string? Problem)
{
    /// <summary>
    /// Gets the number of best checkpoints skipped because the storage was too slow for <see cref="ModelCheckpointOptions.MaxDataLoss"/>.
    /// </summary>
    public int Skipped { get; init; }
}
