using System.Globalization;
using System.Text;

namespace Fulgurite.Loggers;

/// <summary>
/// A table that grows by rows and, for new metrics, by columns. All metrics of a step share a row, which is rewritten until the step
/// is complete.
/// </summary>
internal sealed class CsvFile : IDisposable
{
    private const int FixedColumns = 3;
    private const string Escape = "metric_";

    private readonly string _path;
    private readonly List<string> _columns;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private FileStream? _file;
    private long _rowStart;
    private long _rowStep = -1;
    private List<string> _row = [];

    private CsvFile(string path, List<string> columns)
    {
        (_path, _columns) = (path, columns);
        for (var index = 0; index < columns.Count; index++)
        {
            _places[columns[index]] = index;
        }
    }

    /// <summary>The open file; after a failure it is reopened at its end.</summary>
    private FileStream Stream
    {
        get
        {
            if (_file is null)
            {
                _file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.Read | FileShare.Delete);
                _file.Seek(0, SeekOrigin.End);
            }

            return _file;
        }
    }

    public static CsvFile Open(string path, OpenMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var lines = mode.IsNew || !File.Exists(path) ? [] : File.ReadAllLines(path);
        if (lines.Length == 0)
        {
            var made = new CsvFile(path, ["step", "epoch", "time"]);
            made.Replace([made._columns]);
            return made;
        }

        // A line that was cut off by a crash has fewer fields, and none of it is believed.
        var columns = CsvText.Split(lines[0]);
        var rows = lines.Skip(1).Select(CsvText.Split).Where(
            row => row.Count == columns.Count && Step(row) is { } step && step <= mode.LastStep).ToList();
        var table = new CsvFile(path, columns);
        table.Replace(rows.SkipLast(1).Prepend(columns));
        if (rows.Count > 0)
        {
            (table._row, table._rowStep) = (rows[^1], Step(rows[^1])!.Value);
            table.WriteLine(table._row);
        }

        return table;
    }

    public void Write(MetricRecord record)
    {
        if (record.Step != _rowStep)
        {
            _rowStart = Stream.Position;
            (_row, _rowStep) = ([], record.Step);
        }

        AddColumns(record);
        while (_row.Count < _columns.Count)
        {
            _row.Add(string.Empty);
        }

        _row[0] = record.Step.ToString(CultureInfo.InvariantCulture);
        _row[1] = record.Epoch.ToString(CultureInfo.InvariantCulture);
        _row[2] = record.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        foreach (var (name, value) in record.Values)
        {
            _row[_places[ColumnOf(name)]] = CsvText.Number(value);
        }

        Stream.SetLength(_rowStart);
        Stream.Position = _rowStart;
        WriteLine(_row);
    }

    public void Flush() => _file?.Flush();

    public void Dispose() => Close();

    /// <summary>The column of a metric. The names of the first three columns are reserved, and a line break would end the header.</summary>
    private static string ColumnOf(string metric)
    {
        var plain = metric;
        while (plain.StartsWith(Escape, StringComparison.Ordinal))
        {
            plain = plain[Escape.Length..];
        }

        return plain is "step" or "epoch" or "time" ? Escape + metric : metric.ReplaceLineEndings(" ");
    }

    private void AddColumns(MetricRecord record)
    {
        string[] added =
        [
            .. record.Values.Select(value => ColumnOf(value.Key)).Where(column => !_places.ContainsKey(column))
                .Distinct(StringComparer.Ordinal),
        ];
        if (added.Length == 0)
        {
            return;
        }

        Stream.Flush();
        var finished = File.ReadAllLines(_path).Skip(1).Select(CsvText.Split).Where(row => Step(row) != record.Step);
        var filler = Enumerable.Repeat(string.Empty, added.Length).ToList();
        Replace(finished.Select(row => (List<string>)[.. row, .. filler]).Prepend([.. _columns, .. added]));

        // Only after success: a table that could not be written keeps its columns.
        foreach (var column in added)
        {
            _places.Add(column, _columns.Count);
            _columns.Add(column);
        }
    }

    private void WriteLine(IEnumerable<string> fields) => Stream.Write(Line(fields));

    private void Replace(IEnumerable<List<string>> rows)
    {
        FileReplacement.Write(
            _path,
            file =>
            {
                foreach (var row in rows)
                {
                    file.Write(Line(row));
                }
            },
            beforeMove: Close);
        _rowStart = Stream.Position;
    }

    private void Close()
    {
        // Reset first: a stream that cannot flush its buffer throws and is closed anyway.
        var file = _file;
        _file = null;
        file?.Dispose();
    }

    private static byte[] Line(IEnumerable<string> fields) => Encoding.UTF8.GetBytes(string.Join(',', fields.Select(CsvText.Quote)) + "\n");

    private static long? Step(List<string> row) =>
        row.Count >= FixedColumns && long.TryParse(row[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}

/// <summary>Formats and parses fields and lines according to RFC 4180.</summary>
internal static class CsvText
{
    public static string Quote(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? field
            : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal).ReplaceLineEndings(" ")}\"";

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var index = 0; index < line.Length; index++)
        {
            var next = line[index];
            if (quoted && next == '"' && index + 1 < line.Length && line[index + 1] == '"')
            {
                field.Append('"');
                index++;
            }
            else if (next == '"')
            {
                quoted = !quoted;
            }
            else if (next == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(next);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
