namespace Fulgurite.Loggers;

/// <summary>The data of a report. Owned by the background thread.</summary>
internal sealed class RunReport
{
    public string Title { get; set; } = string.Empty;

    /// <summary>Gets or sets the status: running, completed, interrupted or failed.</summary>
    public string Status { get; set; } = Running;

    public DateTimeOffset Started { get; set; }

    public DateTimeOffset Updated { get; set; }

    /// <summary>Gets or sets the total run time in seconds, without pauses between a stop and a resume.</summary>
    public double Seconds { get; set; }

    public long Step { get; set; }

    public int Epoch { get; set; }

    /// <summary>Gets the steps at which the run was resumed.</summary>
    public List<long> Resumes { get; } = [];

    public OrderedDictionary<string, string> HyperParameters { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, Series> Metrics { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the time per step in milliseconds.</summary>
    public Series StepTime { get; set; } = new();

    public List<CheckpointRow> Checkpoints { get; } = [];

    /// <summary>Gets or sets the seconds per phase.</summary>
    public Dictionary<string, double> Phases { get; set; } = new(StringComparer.Ordinal);

    public const string Running = "running";

    public Series Metric(string name)
    {
        if (!Metrics.TryGetValue(name, out var series))
        {
            series = new Series();
            Metrics.Add(name, series);
        }

        return series;
    }
}

/// <summary>A save of the run.</summary>
/// <param name="Step">The number of optimizer steps when it ended.</param>
/// <param name="Name">The name of its file.</param>
/// <param name="Outcome">The result.</param>
/// <param name="Bytes">The size in bytes.</param>
/// <param name="Stall">The time training waited for it, in seconds.</param>
/// <param name="Write">The write time, in seconds.</param>
/// <param name="Score">The value of the monitored metric; null if there is none.</param>
internal sealed record CheckpointRow(long Step, string Name, string Outcome, long Bytes, double Stall, double Write, double? Score);

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

    public Dictionary<string, double> Seconds() =>
        _spent.ToDictionary(entry => entry.Key, entry => entry.Value.TotalSeconds, StringComparer.Ordinal);
}

/// <summary>
/// A curve of bounded size: when it has too many points, neighbouring points are averaged, and so are later ones. A curve of a million
/// steps looks the same and stays drawable in a browser.
/// </summary>
internal sealed class Series
{
    /// <summary>The maximum number of points; more than the pixel columns of a chart.</summary>
    public const int Limit = 1500;

    private readonly List<(long Step, double Value)> _points = [];
    private int _pending;
    private double _sum;

    /// <summary>Gets the points so far, without incomplete averages.</summary>
    public IReadOnlyList<(long Step, double Value)> Points => _points;

    /// <summary>Gets the number of values per point; earlier points changed if it did.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>Gets the latest value, averaged or not.</summary>
    public double Last { get; private set; } = double.NaN;

    /// <summary>Gets the least finite value, not averaged; infinity before the first.</summary>
    public double Min { get; private set; } = double.PositiveInfinity;

    /// <summary>Gets the greatest finite value, not averaged; negative infinity before the first.</summary>
    public double Max { get; private set; } = double.NegativeInfinity;

    public void Add(long step, double value)
    {
        Last = value;
        if (!double.IsFinite(value))
        {
            return; // There is no place for it on a chart; the tables of other loggers have it.
        }

        (Min, Max) = (Math.Min(Min, value), Math.Max(Max, value));
        _sum += value;
        if (++_pending < Stride)
        {
            return;
        }

        _points.Add((step, _sum / _pending));
        (_sum, _pending) = (0, 0);
        if (_points.Count >= Limit)
        {
            Thin();
        }
    }

    private void Thin()
    {
        for (var index = 0; index < _points.Count / 2; index++)
        {
            var (first, second) = (_points[index * 2], _points[(index * 2) + 1]);
            _points[index] = (second.Step, (first.Value + second.Value) / 2);
        }

        _points.RemoveRange(_points.Count / 2, _points.Count - (_points.Count / 2));
        Stride *= 2;
    }
}
