namespace Fulgurite.Loggers;

/// <summary>Adds up where the time of a run goes. Used on the thread of the run.</summary>
internal sealed class PhaseClock(TimeProvider time)
{
    public const string Data = "data";
    public const string Forward = "forward";
    public const string Backward = "backward";
    public const string Optimizer = "optimizer";
    public const string Validation = "validation";

    private readonly Dictionary<string, TimeSpan> _spent = new(StringComparer.Ordinal);
    private long _mark = time.GetTimestamp();

    /// <summary>What went by since the last mark belongs to nothing in particular.</summary>
    public void Skip() => _mark = time.GetTimestamp();

    /// <summary>What went by since the last mark belongs to a phase.</summary>
    public void Count(string phase)
    {
        var now = time.GetTimestamp();
        _spent[phase] = _spent.GetValueOrDefault(phase) + time.GetElapsedTime(_mark, now);
        _mark = now;
    }

    public Dictionary<string, double> Seconds() => _spent.ToDictionary(entry => entry.Key, entry => entry.Value.TotalSeconds, StringComparer.Ordinal);
}
