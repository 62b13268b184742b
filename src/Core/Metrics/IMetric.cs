using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// A metric that a mean of batches cannot tell, such as an F1 score: it gathers what it needs in an update of its own, and a checkpoint keeps
/// what it has gathered.
/// </summary>
/// <remarks>
/// Register it in the constructor of the module (<c>RegisterMetric</c>), update it in a step, and log it there by <c>Log(name, metric)</c>:
/// at the end of the epoch or evaluation the trainer asks for its value and resets it. Use one for training and another for validation, which
/// may run within an epoch.
/// </remarks>
public interface IMetric
{
    /// <summary>The value of what was gathered since the last <see cref="Reset"/>.</summary>
    double Compute();

    /// <summary>Forgets what was gathered.</summary>
    void Reset();

    /// <summary>What a checkpoint keeps.</summary>
    StateMap StateDict();

    /// <summary>Takes back what <see cref="StateDict"/> gave.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    void LoadStateDict(StateMap state);
}

/// <summary>A metric with the moment that it belongs to, so that nobody takes an old value for a new one.</summary>
/// <param name="Value">The value; the mean of an epoch or a validation where several were recorded.</param>
/// <param name="GlobalStep">The number of optimizer steps done when it was reduced.</param>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
public readonly record struct MetricValue(double Value, long GlobalStep, bool ProgressBar);

/// <summary>How a value of a metric is treated.</summary>
/// <param name="OnStep">Whether its newest value shows; null for what the moment calls for.</param>
/// <param name="OnEpoch">Whether it is reduced at the end of the epoch or evaluation; null for what the moment calls for.</param>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
/// <param name="Reduction">How it is reduced.</param>
/// <param name="Weight">What the value counts in a mean or sum.</param>
internal readonly record struct MetricOptions(bool? OnStep, bool? OnEpoch, bool ProgressBar, MetricReduction Reduction, double Weight);

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
