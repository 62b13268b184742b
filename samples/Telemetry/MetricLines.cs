using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Telemetry;

/// <summary>Writes one line for every measurement: <c>metric training.step{module=...} 120 {step}</c>.</summary>
/// <param name="writer">Where to.</param>
internal sealed class MetricLines(TextWriter writer) : BaseExporter<Metric>
{
    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"metric {metric.Name}{Tags(point)} {Value(metric, point)} {metric.Unit}").TrimEnd());
            }
        }

        writer.Flush();
        return ExportResult.Success;
    }

    private static string Tags(in MetricPoint point)
    {
        List<string> tags = [];
        foreach (var (name, value) in point.Tags)
        {
            tags.Add($"{name}={value}");
        }

        return $"{{{string.Join(", ", tags)}}}";
    }

    private static string Value(Metric metric, in MetricPoint point) => metric.MetricType switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong().ToString(CultureInfo.InvariantCulture),
        MetricType.LongGauge => point.GetGaugeLastValueLong().ToString(CultureInfo.InvariantCulture),
        MetricType.DoubleGauge => point.GetGaugeLastValueDouble().ToString("0.######", CultureInfo.InvariantCulture),
        MetricType.Histogram => string.Create(CultureInfo.InvariantCulture, $"{point.GetHistogramCount()} times, mean {point.GetHistogramSum() / point.GetHistogramCount():0.######}"),
        _ => metric.MetricType.ToString(),
    };
}
