namespace Fulgurite.Metrics;

/// <summary>Where metrics of a run go: a file, a server, a screen. Called on the thread of the run; must not hold it up.</summary>
public interface IMetricLogger
{
    /// <summary>Takes metrics of one moment.</summary>
    /// <param name="metrics">The values by name.</param>
    /// <param name="globalStep">The number of optimizer steps done.</param>
    /// <param name="epoch">The number of epochs completed.</param>
    void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch);
}
