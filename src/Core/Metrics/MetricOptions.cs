namespace Fulgurite.Metrics;

/// <summary>How a value of a metric is treated.</summary>
/// <param name="OnStep">Whether its newest value shows; null for what the moment calls for.</param>
/// <param name="OnEpoch">Whether it is reduced at the end of the epoch or evaluation; null for what the moment calls for.</param>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
/// <param name="Reduction">How it is reduced.</param>
/// <param name="Weight">What the value counts in a mean or sum.</param>
internal readonly record struct MetricOptions(bool? OnStep, bool? OnEpoch, bool ProgressBar, MetricReduction Reduction, double Weight);
