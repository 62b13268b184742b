namespace Fulgurite;

/// <summary>The result of a fit.</summary>
/// <param name="Status">The reason why the fit ended.</param>
/// <param name="GlobalStep">The total number of completed optimizer steps, including those before a resume.</param>
/// <param name="EpochsCompleted">The total number of completed epochs.</param>
/// <param name="Metrics">All metrics at the end of the fit.</param>
/// <param name="Checkpoints">The cost of checkpoints.</param>
public sealed record FitResult(
    FitStatus Status,
    long GlobalStep,
    int EpochsCompleted,
    IReadOnlyDictionary<string, MetricValue> Metrics,
    CheckpointCosts Checkpoints);

/// <summary>Specifies how a fit ended without an exception.</summary>
public enum FitStatus
{
    /// <summary>A limit of the options was reached.</summary>
    Completed,

    /// <summary>A callback or the module requested a stop (<see cref="Trainer.RequestStop"/>).</summary>
    Stopped,

    /// <summary>The cancellation token requested a stop.</summary>
    Cancelled,
}
