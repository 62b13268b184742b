using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.Loggers;

/// <summary>
/// Writes the events of a run as JSON objects, one per line: <c>run_start</c>, <c>hyper_parameters</c>, <c>metrics</c>, <c>text</c>,
/// <c>histogram</c>, <c>checkpoint</c>, <c>run_end</c>. Each has <c>step</c> and <c>time</c> (UTC).
/// </summary>
/// <param name="options">The options; null for the defaults.</param>
/// <param name="logger">The logger for failures; null to disable logging.</param>
/// <param name="time">The clock; null for the system clock.</param>
[Plugin("jsonl")]
public sealed class JsonLinesLogger(
    JsonLinesLoggerOptions? options = null, ILogger<JsonLinesLogger>? logger = null, TimeProvider? time = null)
    : FileLogger<JsonLinesLoggerOptions>(options, ".jsonl", logger, time)
{
    private JsonLinesFile? _file;
    private long _lastStep;

    private protected override void BeginRun(OnFitStartArguments arguments)
    {
        var (now, step, resumedFrom) = (Time.GetUtcNow(), arguments.Trainer.GlobalStep, arguments.Trainer.ResumedFrom);
        Post(() => _file?.Write("run_start", step, now, json => json.WriteString("resumed_from", resumedFrom)));
    }

    private protected override void OpenFile(string path, OpenMode mode) => _file = JsonLinesFile.Open(path, mode);

    private protected override void WriteMetrics(MetricRecord record)
    {
        _lastStep = record.Step;
        _file?.Write(
            "metrics",
            record.Step,
            record.Time,
            json =>
            {
                json.WriteNumber("epoch", record.Epoch);
                json.WriteStartObject("metrics");
                foreach (var (name, value) in record.Values)
                {
                    JsonLinesFile.WriteNumber(json, name, value);
                }

                json.WriteEndObject();
            },
            JsonLinesFile.MetricsKey(record.Values.Select(value => value.Key)));
    }

    private protected override void WriteHyperParameters(
        DateTimeOffset time, long step, IReadOnlyList<KeyValuePair<string, StateValue>> values) =>
        _file?.Write("hyper_parameters", step, time, json =>
        {
            json.WriteStartObject("values");
            foreach (var (name, value) in values)
            {
                WriteValue(json, name, value);
            }

            json.WriteEndObject();
        });

    private protected override void WriteText(DateTimeOffset time, long step, string name, string text) =>
        _file?.Write("text", step, time, json =>
        {
            json.WriteString("name", name);
            json.WriteString("text", text);
        });

    private protected override void WriteHistogram(DateTimeOffset time, long step, string name, Histogram histogram) =>
        _file?.Write("histogram", step, time, json =>
        {
            json.WriteString("name", name);
            (string Name, double Value)[] numbers =
            [
                ("min", histogram.Min), ("max", histogram.Max), ("count", histogram.Count), ("sum", histogram.Sum),
                ("sum_squares", histogram.SumOfSquares),
            ];
            foreach (var (field, value) in numbers)
            {
                JsonLinesFile.WriteNumber(json, field, value);
            }

            WriteArray(json, "limits", histogram.Limits);
            WriteArray(json, "counts", histogram.Counts);
        });

    private protected override void WriteCheckpoint(DateTimeOffset time, long step, SaveOperation operation) =>
        _file?.Write("checkpoint", step, time, json =>
        {
            json.WriteString("path", operation.Path);
            json.WriteString("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(operation.Outcome.ToString()));
            if (operation.Options.Score is { } score)
            {
                JsonLinesFile.WriteNumber(json, "score", score);
            }

            json.WriteNumber("bytes", operation.ByteCount);
            json.WriteNumber("stall_ms", Math.Round(operation.Stall.TotalMilliseconds, 3));
            json.WriteNumber("write_ms", Math.Round(operation.WriteTime.TotalMilliseconds, 3));
            if (operation.Failure is { } failure)
            {
                json.WriteString("failure", failure.Message);
            }
        });

    private protected override bool Flush()
    {
        _file?.Flush();
        return _file is not null;
    }

    private protected override void CloseFile(DateTimeOffset time, RunEnd end)
    {
        _file?.Write(
            "run_end", _lastStep, time, json => json.WriteString("status", JsonNamingPolicy.SnakeCaseLower.ConvertName(end.ToString())));
        _file?.Dispose();
        _file = null;
    }

    private static void WriteValue(Utf8JsonWriter json, string name, StateValue value)
    {
        switch (value)
        {
            case StateBoolean boolean:
                json.WriteBoolean(name, boolean.Value);
                break;
            case StateInteger integer:
                json.WriteNumber(name, integer.Value);
                break;
            case StateReal real:
                JsonLinesFile.WriteNumber(json, name, real.Value);
                break;
            case StateNull:
                json.WriteNull(name);
                break;
            default:
                json.WriteString(name, value.ToString());
                break;
        }
    }

    private static void WriteArray(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
