using Microsoft.Extensions.Logging;

namespace Fulgurite.Jobs;

/// <summary>What jobs say.</summary>
internal static partial class TrainingJobLog
{
    [LoggerMessage(5000, LogLevel.Information, "{Module} ended: {Status} after {Epochs} epochs and {Steps} steps. The process exits with {ExitCode}.")]
    public static partial void Ended(ILogger logger, string module, FitStatus status, int epochs, long steps, int exitCode);

    [LoggerMessage(5001, LogLevel.Critical, "Training {Module} failed.")]
    public static partial void Failed(ILogger logger, string module, Exception exception);

    [LoggerMessage(5002, LogLevel.Information, "{Module} goes on from {Path}.")]
    public static partial void Resuming(ILogger logger, string module, string path);

    [LoggerMessage(5003, LogLevel.Critical, "{Module} was told to stop and did not reach the end of a step within {Timeout}: what was not yet written is lost. Raise ShutdownTimeout.")]
    public static partial void TimedOut(ILogger logger, string module, TimeSpan timeout);
}
