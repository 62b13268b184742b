namespace Fulgurite.Loggers;

/// <summary>
/// Metrics as a table: a row a step, a column a metric, with a new column where a new metric turns up. The columns <c>step</c>,
/// <c>epoch</c> and <c>time</c> (UTC) come first; what was not logged at a step is empty.
/// </summary>
/// <param name="options">Where to; null for the defaults.</param>
/// <param name="logger">What is told of failures; null for nobody.</param>
/// <param name="time">The clock; null for that of the system.</param>
[Plugin("csv")]
public sealed class CsvLogger(CsvLoggerOptions? options = null, ILogger<CsvLogger>? logger = null, TimeProvider? time = null)
    : FileLogger<CsvLoggerOptions>(options, ".csv", logger, time)
{
    private CsvFile? _file;

    private protected override void OpenFile(string path, OpenMode mode) => _file = CsvFile.Open(path, mode);

    private protected override void WriteMetrics(MetricRecord record) => _file?.Write(record);

    private protected override bool Flush()
    {
        _file?.Flush();
        return _file is not null;
    }

    private protected override void CloseFile(DateTimeOffset time, RunEnd end)
    {
        _file?.Dispose();
        _file = null;
    }
}
