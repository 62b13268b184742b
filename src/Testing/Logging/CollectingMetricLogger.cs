namespace Fulgurite.Testing;

/// <summary>Collects the metrics of a run.</summary>
public sealed class CollectingMetricLogger : IMetricLogger
{
    private readonly List<(string Name, double Value, long Step)> _entries = [];

    /// <summary>Gets the values with the steps they were logged at, oldest first; those of one call by name.</summary>
    public IReadOnlyList<(string Name, double Value, long Step)> Entries => _entries;

    /// <summary>Gets the names of <see cref="Entries"/>.</summary>
    public IEnumerable<string> Names => _entries.Select(entry => entry.Name);

    /// <summary>Returns the values of a metric and their steps.</summary>
    /// <param name="name">The name of the metric.</param>
    public IEnumerable<(double Value, long Step)> Of(string name) =>
        _entries.Where(entry => string.Equals(entry.Name, name, StringComparison.Ordinal)).Select(entry => (entry.Value, entry.Step));

    /// <inheritdoc/>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _entries.AddRange(metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => (metric.Key, metric.Value, globalStep)));
    }
}
