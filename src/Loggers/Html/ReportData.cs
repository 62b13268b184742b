using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulgurite.Loggers;

/// <summary>Stores the numbers of a report as JSON in the file, for resumed runs and other readers.</summary>
internal static class ReportData
{
    private const string Start = "<script type=\"application/json\" id=\"run\">";
    private const string End = "</script>";

    /// <summary>Returns the script element of the numbers. JSON escapes &lt; by itself, so that no text can end the element.</summary>
    public static string Element(RunReport report)
    {
        var data = Head(report);
        data["metrics"] = new JsonObject(report.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Points(metric.Value))));
        data["step_ms"] = Points(report.StepTime);
        return Start + data.ToJsonString() + End;
    }

    /// <summary>Returns all numbers except the curves.</summary>
    public static JsonObject Head(RunReport report) => new()
    {
        ["title"] = report.Title,
        ["started"] = report.Started.ToString("O"),
        ["updated"] = report.Updated.ToString("O"),
        ["seconds"] = report.Seconds,
        ["step"] = report.Step,
        ["epoch"] = report.Epoch,
        ["status"] = report.Status,
        ["resumes"] = new JsonArray([.. report.Resumes.Select(step => (JsonNode)step)]),
        ["phases"] = new JsonObject(report.Phases.Select(phase => KeyValuePair.Create(phase.Key, (JsonNode?)phase.Value))),
        ["checkpoints"] = new JsonArray(
            [
                .. report.Checkpoints.Select(
                    row => new JsonArray(row.Step, row.Name, row.Outcome, row.Bytes, row.Stall, row.Write, row.Score)),
            ]),
        ["hyper_parameters"] = new JsonObject(
            report.HyperParameters.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
    };

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
            .Select(
                row => new CheckpointRow(
                    (long)row![0]!, (string)row[1]!, (string)row[2]!, (long)row[3]!, (double)row[4]!, (double)row[5]!,
                    row.AsArray().Count > 6 ? (double?)row[6] : null))
            .Where(row => row.Step <= lastStep));
    }

    /// <summary>Returns the points of a curve.</summary>
    /// <param name="series">The curve.</param>
    /// <param name="from">The index of the first point.</param>
    public static JsonArray Points(Series series, int from = 0) =>
        [.. series.Points.Skip(from).Select(point => new JsonArray(point.Step, point.Value))];

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
