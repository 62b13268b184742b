namespace Fulgurite.Metrics;

/// <summary>A metric with the moment that it belongs to, so that nobody takes an old value for a new one.</summary>
/// <param name="Value">The value; the mean of an epoch or a validation where several were recorded.</param>
/// <param name="GlobalStep">The number of optimizer steps done when it was reduced.</param>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
public readonly record struct MetricValue(double Value, long GlobalStep, bool ProgressBar);
