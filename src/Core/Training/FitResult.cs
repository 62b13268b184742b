using System.Globalization;

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
    IReadOnlyDictionary<string, double> Metrics,
    CheckpointCosts Checkpoints)
{
    /// <summary>
    /// Gets a value that indicates whether the fit was interrupted, by Ctrl-C, SIGTERM or the cancellation token. Code after the fit runs
    /// nevertheless; test it before results are replaced.
    /// </summary>
    public bool IsInterrupted => Status == FitStatus.Cancelled;

    /// <summary>Returns a summary of one or two lines: how the fit ended, the metrics, and the cost of checkpoints, if any.</summary>
    public override string ToString()
    {
        var metrics = string.Join(", ", Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal)
            .Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:G4}")));
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{Status} after {GlobalStep} step{(GlobalStep == 1 ? "" : "s")} and {EpochsCompleted} "
                + $"epoch{(EpochsCompleted == 1 ? "" : "s")}");
        return $"{line}{(metrics.Length == 0 ? string.Empty : $": {metrics}")}"
            + $"{(Checkpoints.Saves == 0 ? string.Empty : $"\n{Checkpoints}")}";
    }
}

/// <summary>Specifies how a fit ended without an exception.</summary>
public enum FitStatus
{
    /// <summary>A limit of the options was reached.</summary>
    Completed,

    /// <summary>A callback or the module requested a stop (<see cref="Trainer.RequestStop"/>).</summary>
    Stopped,

    /// <summary>Ctrl-C, SIGTERM or the cancellation token requested a stop.</summary>
    Cancelled,
}
