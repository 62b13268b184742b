using System.Globalization;
using System.Text.Json;
using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>Adds the events of a JSON Lines file to a report. The events of a file are read in order, by any number of calls.</summary>
internal sealed class JsonLinesLog
{
    private (long Step, DateTimeOffset Time)? _lastStep;
    private DateTimeOffset? _lastTime;

    /// <summary>Reads all complete lines.</summary>
    /// <returns>The number of bytes of these lines.</returns>
    public long Read(Stream file, RunReport report)
    {
        var bytes = new MemoryStream();
        file.CopyTo(bytes);
        var text = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        var length = text.LastIndexOf((byte)'\n') + 1;
        foreach (var range in text[..length].Split((byte)'\n'))
        {
            if (!text[range].IsEmpty)
            {
                TryAdd(text[range], report);
            }
        }

        return length;
    }

    private void TryAdd(ReadOnlySpan<byte> line, RunReport report)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var json = JsonDocument.ParseValue(ref reader);
            Add(json.RootElement, report);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            // A line that a killed run did not finish, with the first line of its successor.
        }
    }

    private void Add(JsonElement line, RunReport report)
    {
        var (name, step) = (line.GetProperty("event").GetString(), line.GetProperty("step").GetInt64());
        var time = DateTimeOffset.Parse(line.GetProperty("time").GetString()!, CultureInfo.InvariantCulture);
        if (name == "run_start")
        {
            (_lastTime, _lastStep) = (null, null);
            report.Status = RunReport.Running;
            if (line.GetProperty("resumed_from").ValueKind != JsonValueKind.Null)
            {
                report.Resumes.Add(step);
            }
        }

        report.Started = report.Started == default ? time : report.Started;
        report.Updated = time;
        report.Seconds += _lastTime is { } before ? (time - before).TotalSeconds : 0;
        report.Step = Math.Max(report.Step, step);
        _lastTime = time;
        switch (name)
        {
            case "metrics":
                AddMetrics(line, step, time, report);
                break;
            case "hyper_parameters":
                foreach (var value in line.GetProperty("values").EnumerateObject())
                {
                    report.HyperParameters[value.Name] = value.Value.ToString();
                }

                break;
            case "checkpoint":
                report.Checkpoints.Add(new CheckpointRow(
                    step,
                    Path.GetFileName(line.GetProperty("path").GetString()!),
                    line.GetProperty("outcome").GetString()!,
                    line.GetProperty("bytes").GetInt64(),
                    line.GetProperty("stall_ms").GetDouble() / 1000,
                    line.GetProperty("write_ms").GetDouble() / 1000,
                    line.TryGetProperty("score", out var score) && score.ValueKind == JsonValueKind.Number ? score.GetDouble() : null));
                break;
            case "run_end":
                report.Status = line.GetProperty("status").GetString()!;
                break;
        }
    }

    private void AddMetrics(JsonElement line, long step, DateTimeOffset time, RunReport report)
    {
        report.Epoch = line.GetProperty("epoch").GetInt32();
        foreach (var metric in line.GetProperty("metrics").EnumerateObject())
        {
            var series = report.Metric(metric.Name);
            if (metric.Value.ValueKind == JsonValueKind.Number && (series.Points.Count == 0 || series.Points[^1].Step != step))
            {
                series.Add(step, metric.Value.GetDouble());
            }
        }

        // The log has no step times, but the times of the steps that were logged.
        if (_lastStep is { } last && step > last.Step)
        {
            report.StepTime.Add(step, (time - last.Time).TotalMilliseconds / (step - last.Step));
        }

        if (_lastStep is null || step > _lastStep.Value.Step)
        {
            _lastStep = (step, time);
        }
    }
}
