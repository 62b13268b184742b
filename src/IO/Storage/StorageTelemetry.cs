using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fulgurite.IO;

/// <summary>Metrics and activities of the phases of a save: capturing, and making a file durable.</summary>
internal static class StorageTelemetry
{
    public static readonly ActivitySource Source = new("Fulgurite");
    public static readonly Meter Meter = new("Fulgurite");
    public static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    };
    private static readonly Histogram<double> PhaseDuration = Meter.CreateHistogram(
        "training.checkpoint.phase.duration", "s", "The duration of one phase of a save.", tags: null, Seconds);

    /// <summary>Gets a value indicating whether anyone listens to the durations of phases.</summary>
    public static bool IsRecording => PhaseDuration.Enabled;

    /// <summary>Records the duration of a phase.</summary>
    /// <param name="phase">Its name, such as <c>capture</c>.</param>
    /// <param name="elapsed">The duration.</param>
    public static void Record(string phase, TimeSpan elapsed)
    {
        if (IsRecording)
        {
            PhaseDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("training.checkpoint.phase", phase));
        }
    }

    /// <summary>Runs an action as a phase, with an activity of the same name.</summary>
    /// <param name="phase">Its name, such as <c>sync</c>.</param>
    /// <param name="action">The action.</param>
    public static void Run(string phase, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        using var activity = Source.HasListeners() ? Source.StartActivity($"checkpoint.{phase}") : null;
        try
        {
            action();
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            throw;
        }

        Record(phase, Stopwatch.GetElapsedTime(start));
    }
}
