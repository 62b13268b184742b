using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fulgurite.Loggers;

/// <summary>A file of JSON objects, one per line; each has <c>event</c>, <c>step</c> and <c>time</c>.</summary>
internal sealed class JsonLinesFile : IDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly long _resumedAt;

    /// <summary>The events logged at the step from which a run resumes: they are logged again with the same values.</summary>
    private readonly HashSet<string> _known;

    private JsonLinesFile(FileStream file, long resumedAt, HashSet<string> known) => (_file, _resumedAt, _known) = (file, resumedAt, known);

    public static JsonLinesFile Open(string path, OpenMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (!mode.IsNew && mode != OpenMode.Append && File.Exists(path))
        {
            FileReplacement.Write(path, file =>
            {
                foreach (var line in File.ReadLines(path).Where(line => Keep(line, mode.LastStep, known)))
                {
                    file.Write(Encoding.UTF8.GetBytes(line + "\n"));
                }
            });
        }

        var file = new FileStream(
            path, mode.IsNew ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete);
        file.Seek(0, SeekOrigin.End);
        return new JsonLinesFile(file, mode.LastStep, known);
    }

    /// <summary>Writes a line.</summary>
    /// <param name="name">The name of the event.</param>
    /// <param name="step">The number of optimizer steps.</param>
    /// <param name="time">The time of the event.</param>
    /// <param name="write">Writes the properties of the event.</param>
    /// <param name="key">The key that identifies an event logged again after a resume; null if it is always written.</param>
    public void Write(string name, long step, DateTimeOffset time, Action<Utf8JsonWriter> write, string? key = null)
    {
        if (key is not null && step == _resumedAt && _known.Contains(key))
        {
            return;
        }

        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            json.WriteNumber("step", step);
            json.WriteString("time", time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            write(json);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
    }

    public static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            // JSON has no such numbers.
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static string MetricsKey(IEnumerable<string> names) => "metrics " + string.Join('\n', names.Order(StringComparer.Ordinal));

    public void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();

    private static bool Keep(string line, long lastStep, HashSet<string> known)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var step = json.RootElement.GetProperty("step").GetInt64();
            if (step == lastStep && json.RootElement.TryGetProperty("metrics", out var metrics))
            {
                known.Add(MetricsKey(metrics.EnumerateObject().Select(metric => metric.Name)));
            }

            return step <= lastStep;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return false; // The last line of a run that was killed.
        }
    }
}
