using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Microsoft.Extensions.Logging;

namespace PluginPackage;

/// <summary>Stops training once a metric is good enough, and says how it goes.</summary>
/// <param name="options">When.</param>
/// <param name="logger">Where it says so; it comes from the container.</param>
[Plugin("stop-below")]
public sealed partial class StopBelowCallback(StopBelowOptions options, ILogger<StopBelowCallback> logger) : Callback, IConfigurable<StopBelowOptions>
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
