namespace Fulgurite;

/// <summary>What came of a fit.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="GlobalStep">The number of optimizer steps done in all, resumed ones counted.</param>
/// <param name="EpochsCompleted">The number of epochs completed in all.</param>
/// <param name="Metrics">All metrics as they stood at the end.</param>
/// <param name="Checkpoints">What checkpoints cost.</param>
public sealed record FitResult(
    FitStatus Status,
    long GlobalStep,
    int EpochsCompleted,
    IReadOnlyDictionary<string, MetricValue> Metrics,
    CheckpointCosts Checkpoints);

/// <summary>How a fit ended, when it did not throw.</summary>
public enum FitStatus
{
    /// <summary>A limit of the options was reached.</summary>
    Completed,

    /// <summary>A callback or the module asked to stop (<see cref="Trainer.RequestStop"/>).</summary>
    Stopped,

    /// <summary>The cancellation token asked to stop.</summary>
    Cancelled,
}
