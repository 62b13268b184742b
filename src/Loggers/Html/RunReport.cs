namespace Fulgurite.Loggers;

/// <summary>What a report shows of a run. Belongs to the background thread.</summary>
internal sealed class RunReport
{
    public string Title { get; set; } = string.Empty;

    /// <summary>Running, completed, interrupted or failed.</summary>
    public string Status { get; set; } = Running;

    public DateTimeOffset Started { get; set; }

    public DateTimeOffset Updated { get; set; }

    /// <summary>How long it ran in all, pauses between a stop and a resume left out, in seconds.</summary>
    public double Seconds { get; set; }

    public long Step { get; set; }

    public int Epoch { get; set; }

    /// <summary>The steps at which it was resumed.</summary>
    public List<long> Resumes { get; } = [];

    public OrderedDictionary<string, string> HyperParameters { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, Series> Metrics { get; } = new(StringComparer.Ordinal);

    /// <summary>Milliseconds a step.</summary>
    public Series StepTime { get; set; } = new();

    public List<CheckpointRow> Checkpoints { get; } = [];

    /// <summary>Seconds by phase.</summary>
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
