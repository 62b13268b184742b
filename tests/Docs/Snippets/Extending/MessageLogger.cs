using System.Globalization;
using Fulgurite.Composition;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>Writes metrics and checkpoints to the application log.</summary>
[Plugin("messages")]
public sealed partial class MessageLogger(ILogger<MessageLogger> log) : IMetricLogger
{
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch) =>
        LogMetrics(
            globalStep,
            epoch,
            string.Join(
                ", ",
                metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:0.####}"))));

    public void LogCheckpoint(SaveOperation operation, long globalStep) => LogSaved(globalStep, operation.Path);

    [LoggerMessage(1, LogLevel.Information, "Step {Step}, epoch {Epoch}: {Metrics}.")]
    private partial void LogMetrics(long step, int epoch, string metrics);

    [LoggerMessage(2, LogLevel.Information, "Step {Step}: the checkpoint '{Path}' is durable.")]
    private partial void LogSaved(long step, string path);
}
