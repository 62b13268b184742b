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

        // A metric such as val/loss names no folder.
        return $"{name.Replace('/', '-').Replace('\\', '-')}={Value(name, format, epoch, step, metrics)}";
    });

    /// <summary>What is wrong with a template; null for nothing.</summary>
    public static string? FindProblem(string template)
    {
        if (string.IsNullOrWhiteSpace(template))
        {
            return "Filename is empty. Give a name, such as {epoch}-{step}.";
        }

        if (Path.IsPathRooted(template) || template.Split('/', '\\').Contains("..", StringComparer.Ordinal))
        {
            return $"Filename is '{template}', which leaves the folder of the checkpoints. Set DirPath for another folder.";
        }

        foreach (Match match in Field().Matches(template))
        {
            var format = match.Groups["format"].Value;
            if (PythonFormat().IsMatch(format) || !IsFormat(format))
            {
                return $"Filename is '{template}', and '{format}' is no number format of .NET. Write 0.00 for two decimals, or 000 for three digits.";
            }
        }

        return null;
    }

    /// <summary>Whether a path is that of a name, in any version.</summary>
    public static bool IsVersionOf(string name, string path)
    {
        var file = Path.GetFileName(path);
        return file == name + Extension
            || (file.StartsWith(name + "-v", StringComparison.Ordinal)
                && file.EndsWith(Extension, StringComparison.Ordinal)
                && int.TryParse(file.AsSpan()[(name.Length + 2)..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

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

    private static bool IsFormat(string format)
    {
        try
        {
            _ = 0.5.ToString(format, CultureInfo.InvariantCulture);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^0?\d*[dfeg]$|^0?\d*\.\d+[fe]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PythonFormat();

    [GeneratedRegex(@"\{(?<name>[^{}:]+)(:(?<format>[^{}]*))?\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}
