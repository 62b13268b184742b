using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// A metric that is not a mean over batches, such as an F1 score. It accumulates state in its own update method, and the state is part of
/// checkpoints.
/// </summary>
/// <remarks>
/// Register it in the constructor of the module (<c>RegisterMetric</c>), update it in a step, and log it there with <c>Log(name,
/// metric)</c>. The trainer computes and resets it at the end of the epoch or evaluation. Use separate instances for training and
/// validation, because a validation may run within an epoch. An evaluation that is stopped or fails restores the states that all
/// registered metrics had before it (<see cref="StateDict"/>, <see cref="LoadStateDict"/>), because it is repeated from its start.
/// </remarks>
public interface IMetric
{
    /// <summary>Computes the value of the state accumulated since the last <see cref="Reset"/>.</summary>
    double Compute();

    /// <summary>Clears the accumulated state.</summary>
    void Reset();

    /// <summary>Returns the state for a checkpoint.</summary>
    StateMap StateDict();

    /// <summary>Restores the state that <see cref="StateDict"/> returned.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    void LoadStateDict(StateMap state);
}

/// <summary>A metric value and its global step, which distinguishes new values from old ones.</summary>
/// <param name="Value">The value; the reduced value if several were recorded in an epoch or evaluation.</param>
/// <param name="GlobalStep">The number of completed optimizer steps when it was reduced.</param>
/// <param name="ProgressBar">Whether it is shown in the progress bar.</param>
public readonly record struct MetricValue(double Value, long GlobalStep, bool ProgressBar);

/// <summary>The options of a logged value.</summary>
/// <param name="OnStep">Whether the latest value is shown; null for the default of the context.</param>
/// <param name="OnEpoch">Whether it is reduced at the end of the epoch or evaluation; null for the default of the context.</param>
/// <param name="ProgressBar">Whether it is shown in the progress bar.</param>
/// <param name="Reduction">The reduction.</param>
/// <param name="Weight">The weight of the value in a mean or sum.</param>
internal readonly record struct MetricOptions(bool? OnStep, bool? OnEpoch, bool ProgressBar, MetricReduction Reduction, double Weight);

/// <summary>Specifies how the values of a metric in an epoch or evaluation are reduced to one.</summary>
public enum MetricReduction
{
    /// <summary>The weighted mean.</summary>
    Mean,

    /// <summary>The weighted sum.</summary>
    Sum,

    /// <summary>The minimum.</summary>
    Min,

    /// <summary>The maximum.</summary>
    Max,

    /// <summary>The latest value.</summary>
    Last,
}

/// <summary>
/// A metric whose state can be merged with that of another instance. The trainer merges the states of all processes before it computes
/// the value. The value of a metric without this interface is the mean over the processes.
/// </summary>
public interface IMergeableMetric : IMetric
{
    /// <summary>Returns the accumulated state as numbers. Their count may differ between processes.</summary>
    double[] Pack();

    /// <summary>Adds a state to the accumulated state.</summary>
    /// <param name="packed">The result of <see cref="Pack"/> of an instance with the same settings.</param>
    void Merge(ReadOnlySpan<double> packed);
}
