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
