namespace Fulgurite.Callbacks;

/// <summary>
/// Measures a rate over the last seconds instead of from the start: after a slow first epoch the remaining time is still correct.
/// </summary>
internal sealed class ProgressRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    private readonly Queue<(long Time, long Count)> _samples = [];
    private long _count;
    private long _lastSample;

    public void Restart()
    {
        _samples.Clear();
        _count = 0;
        Sample(time.GetTimestamp());
    }

    public void Add()
    {
        _count++;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_lastSample, now) >= Window / 20)
        {
            Sample(now);
        }
    }

    /// <summary>Returns the rate per second; zero while it is unknown.</summary>
    public double PerSecond()
    {
        if (_samples.Count == 0)
        {
            return 0;
        }

        var (start, count) = _samples.Peek();
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        return seconds > 0 ? (_count - count) / seconds : 0;
    }

    private void Sample(long now)
    {
        _lastSample = now;
        _samples.Enqueue((now, _count));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Time, now) > Window)
        {
            _samples.Dequeue();
        }
    }
}
