namespace Fulgurite.Metrics;

/// <summary>How the values that a metric takes in an epoch or an evaluation become one.</summary>
public enum MetricReduction
{
    /// <summary>Their mean, weighted.</summary>
    Mean,

    /// <summary>Their sum, each times its weight.</summary>
    Sum,

    /// <summary>The smallest.</summary>
    Min,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The newest.</summary>
    Last,
}
