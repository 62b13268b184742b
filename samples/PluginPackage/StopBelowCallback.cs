using Fulgurite;
using Fulgurite.Composition;
using Microsoft.Extensions.Logging;

namespace PluginPackage;

/// <summary>Stops training when a metric falls below a value, and logs the metric.</summary>
/// <param name="options">The options.</param>
/// <param name="logger">The logger, provided by the container.</param>
[Plugin("stop-below")]
public sealed partial class StopBelowCallback(StopBelowOptions options, ILogger<StopBelowCallback> logger)
    : Callback, IConfigurable<StopBelowOptions>
{
    public StopBelowOptions Options { get; } = options;

    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        if (!arguments.Trainer.Metrics.TryGet(Options.Metric, out var metric))
        {
            return;
        }

        LogMetric(arguments.Trainer.GlobalStep, Options.Metric, metric.Value);
        if (metric.Value < Options.Value)
        {
            arguments.Trainer.RequestStop();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Step {Step}: {Metric} is {Value}.")]
    private partial void LogMetric(long step, string metric, double value);
}
