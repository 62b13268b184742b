namespace Fulgurite.Callbacks.Triggers;

/// <summary>At the first batch that ends when so much time has passed.</summary>
/// <param name="interval">How much; zero for every batch.</param>
/// <param name="timeProvider">The clock; null for the system's.</param>
public sealed class TimeIntervalTrigger(TimeSpan interval, TimeProvider? timeProvider = null) : ICheckpointTrigger
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private long _last;

    /// <summary>How much time.</summary>
    public TimeSpan Interval { get; } = NotNegative(interval);

    /// <inheritdoc/>
    public bool UsesClock => true;

    /// <inheritdoc/>
    public void Start() => _last = _time.GetTimestamp();

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment)
    {
        var now = _time.GetTimestamp();
        if (moment.Kind != CheckpointMomentKind.TrainBatchEnd || _time.GetElapsedTime(_last, now) < Interval)
        {
            return false;
        }

        _last = now;
        return true;
    }

    private static TimeSpan NotNegative(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        return interval;
    }
}
