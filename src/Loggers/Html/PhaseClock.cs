namespace Fulgurite.Loggers;

/// <summary>Accumulates the time of a run by phase. Used on the thread of the run.</summary>
internal sealed class PhaseClock(TimeProvider time)
{
    public const string Data = "data";
    public const string Forward = "forward";
    public const string Backward = "backward";
    public const string Optimizer = "optimizer";
    public const string Validation = "validation";

    private readonly Dictionary<string, TimeSpan> _spent = new(StringComparer.Ordinal);
    private long _mark = time.GetTimestamp();

    /// <summary>Discards the time since the last mark.</summary>
    public void Skip() => _mark = time.GetTimestamp();

    /// <summary>Adds the time since the last mark to a phase.</summary>
    public void Count(string phase)
    {
        var now = time.GetTimestamp();
        _spent[phase] = _spent.GetValueOrDefault(phase) + time.GetElapsedTime(_mark, now);
        _mark = now;
    }

    public Dictionary<string, double> Seconds() => _spent.ToDictionary(entry => entry.Key, entry => entry.Value.TotalSeconds, StringComparer.Ordinal);
}
