namespace Fulgurite.Metrics;

/// <summary>How a value of a metric is treated.</summary>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
/// <param name="Weight">What the value counts in a mean.</param>
internal readonly record struct MetricOptions(bool ProgressBar, double Weight);
