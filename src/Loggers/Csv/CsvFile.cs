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

    private readonly string _path;
    private readonly List<string> _columns;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private FileStream _file;
    private long _rowStart;
    private long _rowStep = -1;
    private List<string> _row = [];

    private CsvFile(string path, FileStream file, List<string> columns)
    {
        (_path, _file, _columns) = (path, file, columns);
        for (var index = 0; index < columns.Count; index++)
        {
            _places[columns[index]] = index;
        }
    }

    public static CsvFile Open(string path, OpenMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var lines = mode.IsNew || !File.Exists(path) ? [] : File.ReadAllLines(path).ToList();
        if (lines.Count == 0)
        {
            var made = new CsvFile(path, Create(path), ["step", "epoch", "time"]);
            made.WriteLine(made._columns);
            made._rowStart = made._file.Position;
            return made;
        }

        // A line that was cut off by a crash has fewer fields, and none of it is believed.
        var columns = CsvText.Split(lines[0]);
        var rows = lines.Skip(1).Select(CsvText.Split).Where(row => row.Count == columns.Count && Step(row) is { } step && step <= mode.LastStep).ToList();
        var table = new CsvFile(path, Rewrite(path, rows.SkipLast(1).Prepend(columns)), columns);
        table._rowStart = table._file.Position;
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
            _rowStart = _file.Position;
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
            _row[_places[name]] = CsvText.Number(value);
        }

        _file.SetLength(_rowStart);
        _file.Position = _rowStart;
        WriteLine(_row);
    }

    public void Flush() => _file.Flush();

    public void Dispose() => _file.Dispose();

    private void AddColumns(MetricRecord record)
    {
        var added = 0;
        foreach (var (name, _) in record.Values)
        {
            if (_places.TryAdd(name, _columns.Count))
            {
                _columns.Add(name);
                added++;
            }
        }

        if (added == 0)
        {
            return;
        }

        _file.Dispose();
        var finished = File.ReadAllLines(_path).Skip(1).Select(CsvText.Split).Where(row => Step(row) != record.Step);
        var filler = Enumerable.Repeat(string.Empty, added).ToList();
        _file = Rewrite(_path, finished.Select(row => (List<string>)[.. row, .. filler]).Prepend(_columns));
        _rowStart = _file.Position;
    }

    private void WriteLine(IEnumerable<string> fields) => _file.Write(Line(fields));

    /// <summary>Writes the whole table anew beside the old one and takes its place: nobody meets half of it.</summary>
    private static FileStream Rewrite(string path, IEnumerable<List<string>> rows)
    {
        var temporary = path + ".tmp";
        using (var file = Create(temporary))
        {
            foreach (var row in rows)
            {
                file.Write(Line(row));
            }
        }

        File.Move(temporary, path, overwrite: true);
        var opened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read | FileShare.Delete);
        opened.Seek(0, SeekOrigin.End);
        return opened;
    }

    private static byte[] Line(IEnumerable<string> fields) => Encoding.UTF8.GetBytes(string.Join(',', fields.Select(CsvText.Quote)) + "\n");

    private static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete);

    private static long? Step(List<string> row) =>
        row.Count >= FixedColumns && long.TryParse(row[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}
