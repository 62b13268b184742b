
namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Keeps what is sent to loggers.</summary>
internal sealed class CollectingMetricLogger : IMetricLogger
{
    public List<(string Name, double Value, long Step)> Sent { get; } = [];

    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long step, int epoch) =>
        Sent.AddRange(metrics.Select(entry => (entry.Key, entry.Value, step)));

    public IEnumerable<(double Value, long Step)> Of(string name) => Sent.Where(entry => entry.Name == name).Select(entry => (entry.Value, entry.Step));
}
