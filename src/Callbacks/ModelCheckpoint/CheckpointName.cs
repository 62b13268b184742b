using System.Globalization;
using System.Text.RegularExpressions;
using Fulgurite.Metrics;

namespace Fulgurite.Callbacks;

/// <summary>Makes file names of a template.</summary>
internal static partial class CheckpointName
{
    /// <summary>The ending of every file.</summary>
    public const string Extension = ".ckpt";

    /// <summary>Fills a template.</summary>
    /// <exception cref="InvalidOperationException">The template names a metric that was never logged.</exception>
    public static string Format(string template, int epoch, long step, MetricStore metrics) => Field().Replace(template, match =>
    {
        var name = match.Groups["name"].Value;
        var format = match.Groups["format"].Value;
        return $"{name}={Value(name, format, epoch, step, metrics)}";
    });

    /// <summary>The name with a version behind it; the name itself for version zero.</summary>
    public static string WithVersion(string name, int version) =>
        version == 0 ? name + Extension : string.Create(CultureInfo.InvariantCulture, $"{name}-v{version}{Extension}");

    private static string Value(string name, string format, int epoch, long step, MetricStore metrics) => name switch
    {
        "epoch" => epoch.ToString(format, CultureInfo.InvariantCulture),
        "step" => step.ToString(format, CultureInfo.InvariantCulture),
        _ when metrics.TryGet(name, out var metric) => metric.Value.ToString(format.Length == 0 ? "0.####" : format, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException(
            $"Filename names the metric '{name}', which was not logged. Logged so far: {string.Join(", ", metrics.Snapshot().Keys)}."),
    };

    [GeneratedRegex(@"\{(?<name>[^{}:]+)(:(?<format>[^{}]*))?\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}
