namespace Fulgurite.Loggers;

/// <summary>The metrics logged at one time.</summary>
/// <param name="Time">The time of logging.</param>
/// <param name="Step">The number of optimizer steps.</param>
/// <param name="Epoch">The number of completed epochs.</param>
/// <param name="Values">The values by name.</param>
internal sealed record MetricRecord(DateTimeOffset Time, long Step, int Epoch, KeyValuePair<string, double>[] Values);
