using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulgurite.Loggers;

/// <summary>Stores the numbers of a report as JSON in the file, for resumed runs and other readers.</summary>
internal static class ReportData
{
    private const string Start = "<script type=\"application/json\" id=\"run\">";
    private const string End = "</script>";

    public static string Element(RunReport report)
    {
        var data = new JsonObject
        {
            ["started"] = report.Started.ToString("O"),
            ["seconds"] = report.Seconds,
            ["step"] = report.Step,
            ["epoch"] = report.Epoch,
            ["status"] = report.Status,
            ["resumes"] = new JsonArray([.. report.Resumes.Select(step => (JsonNode)step)]),
            ["metrics"] = new JsonObject(report.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Points(metric.Value)))),
            ["step_ms"] = Points(report.StepTime),
            ["phases"] = new JsonObject(report.Phases.Select(phase => KeyValuePair.Create(phase.Key, (JsonNode?)phase.Value))),
            ["checkpoints"] = new JsonArray([.. report.Checkpoints.Select(row => new JsonArray(row.Step, row.Name, row.Outcome, row.Bytes, row.Stall, row.Write, row.Score))]),
        };

        // JSON escapes < by itself, so that no text can end the element.
        return Start + data.ToJsonString() + End;
    }

    /// <summary>Reads the data of an earlier part of the run, up to a step.</summary>
    /// <exception cref="JsonException">The file is not a report.</exception>
    public static void Read(string html, long lastStep, RunReport report)
    {
        var start = html.IndexOf(Start, StringComparison.Ordinal);
        var end = start < 0 ? -1 : html.IndexOf(End, start, StringComparison.Ordinal);
        if (end < 0 || JsonNode.Parse(html[(start + Start.Length)..end]) is not JsonObject data)
        {
            throw new JsonException("There are no numbers of a run in the file.");
        }

        report.Started = DateTimeOffset.Parse((string)data["started"]!, System.Globalization.CultureInfo.InvariantCulture);
        report.Seconds = (double)data["seconds"]!;
        report.Resumes.AddRange(data["resumes"]!.AsArray().Select(step => (long)step!));
        foreach (var (name, points) in data["metrics"]!.AsObject())
        {
            Fill(report.Metric(name), points!, lastStep);
        }

        Fill(report.StepTime, data["step_ms"]!, lastStep);
        foreach (var (phase, seconds) in data["phases"]!.AsObject())
        {
            report.Phases[phase] = (double)seconds!;
        }

        report.Checkpoints.AddRange(data["checkpoints"]!.AsArray()
            .Select(row => new CheckpointRow((long)row![0]!, (string)row[1]!, (string)row[2]!, (long)row[3]!, (double)row[4]!, (double)row[5]!, row.AsArray().Count > 6 ? (double?)row[6] : null))
            .Where(row => row.Step <= lastStep));
    }

    private static JsonArray Points(Series series) => [.. series.Points.Select(point => new JsonArray(point.Step, point.Value))];

    private static void Fill(Series series, JsonNode points, long lastStep)
    {
        foreach (var point in points.AsArray())
        {
            if ((long)point![0]! <= lastStep)
            {
                series.Add((long)point[0]!, (double)point[1]!);
            }
        }
    }
}
