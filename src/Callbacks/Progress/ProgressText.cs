using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>Formats numbers for a line on a terminal.</summary>
internal static class ProgressText
{
    /// <summary>Formats a number with about three significant digits and a similar width for numbers of similar size.</summary>
    public static string Number(double value) =>
        value.ToString(
            Math.Abs(value) switch
            {
                > 0 and < 0.001 or >= 10_000 => "0.00E+0",
                >= 100 => "0.0",
                > 0 and < 0.1 => "0.0000",
                _ => "0.000",
            },
            CultureInfo.InvariantCulture);

    /// <summary>Returns minutes and seconds, with hours if there are any.</summary>
    public static string Duration(double seconds)
    {
        // Anything longer than a TimeSpan is practically infinite.
        var time = TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
        return time.TotalHours < 1
            ? time.ToString("mm\\:ss", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}");
    }

    public static string Count(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? string.Empty : "s")}");
}

/// <summary>A bar of characters supported by every terminal.</summary>
internal static class ProgressBar
{
    public static string Of(long done, long total, int width)
    {
        var filled = (int)Math.Round((double)Math.Clamp(done, 0, total) / Math.Max(total, 1) * width);
        return new string('━', filled) + new string('─', width - filled);
    }
}

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
