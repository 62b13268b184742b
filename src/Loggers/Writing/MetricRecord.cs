namespace Fulgurite.Loggers;

/// <summary>Metrics of one moment.</summary>
/// <param name="Time">When they were logged.</param>
/// <param name="Step">The optimizer steps done.</param>
/// <param name="Epoch">The epochs completed.</param>
/// <param name="Values">The values by name.</param>
internal sealed record MetricRecord(DateTimeOffset Time, long Step, int Epoch, KeyValuePair<string, double>[] Values);
