using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;

namespace Telemetry;

/// <summary>Writes one line for every span that has ended: <c>span training.epoch 12.3 ms</c>.</summary>
/// <param name="writer">Where to.</param>
internal sealed class SpanLines(TextWriter writer) : BaseExporter<Activity>
{
    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
        {
            var tags = string.Join(", ", span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"));
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"span {span.OperationName}{{{tags}}} {span.Duration.TotalMilliseconds:0.0} ms"));
        }

        writer.Flush();
        return ExportResult.Success;
    }
}
