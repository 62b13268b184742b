using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>Shows the progress of long work on bytes; short work shows nothing. Thread-safe.</summary>
/// <param name="screen">The screen.</param>
/// <param name="title">The title of the work.</param>
/// <param name="total">The total number of bytes.</param>
internal sealed class Meter(Screen screen, string title, long total) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly long _start = screen.Time.GetTimestamp();
    private long _shown = screen.Time.GetTimestamp();
    private long _done;

    public void Add(long bytes)
    {
        lock (_lock)
        {
            _done += bytes;
            if (screen.Time.GetElapsedTime(_shown) >= Interval)
            {
                _shown = screen.Time.GetTimestamp();
                var seconds = screen.Time.GetElapsedTime(_start).TotalSeconds;
                screen.ShowProgress(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{title} {100.0 * _done / Math.Max(total, 1):0}% {Amounts.Bytes(_done)} of {Amounts.Bytes(total)}, {Amounts.Bytes((long)(_done / seconds))}/s"));
            }
        }
    }

    public void Dispose() => screen.ClearProgress();
}
