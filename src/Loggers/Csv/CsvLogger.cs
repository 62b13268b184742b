namespace Fulgurite.Loggers;

/// <summary>
/// Writes metrics to a CSV file, with a row per step and a column per metric; new metrics add columns. The columns <c>step</c>,
/// <c>epoch</c> and <c>time</c> (UTC) come first. Metrics that were not logged at a step are empty.
/// </summary>
/// <param name="options">The options; null for the defaults.</param>
/// <param name="logger">The logger for failures; null to disable logging.</param>
/// <param name="time">The clock; null for the system clock.</param>
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
