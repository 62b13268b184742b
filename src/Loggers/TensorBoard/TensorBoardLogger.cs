using Fulgurite.State;

namespace Fulgurite.Loggers;

/// <summary>
/// Writes event files for TensorBoard: metrics as scalars, distributions as histograms, texts, and hyper-parameters. Each run has a folder.
/// Each resume adds a file that discards the later steps of earlier files.
/// </summary>
/// <param name="options">The options; null for the defaults.</param>
/// <param name="logger">The logger for failures; null to disable logging.</param>
/// <param name="time">The clock; null for the system clock.</param>
[Plugin("tensorboard")]
public sealed class TensorBoardLogger(
    TensorBoardLoggerOptions? options = null, ILogger<TensorBoardLogger>? logger = null, TimeProvider? time = null)
    : FileLogger<TensorBoardLoggerOptions>(options, string.Empty, logger, time)
{
    // Of the background.
    private bool _hasParameters;
    private EventFile? _file;
    private long _lastStep;

    private protected override void OpenFile(string path, OpenMode mode)
    {
        _hasParameters = false;
        _file = EventFile.Create(path, Time.GetUtcNow(), mode.IsNew || mode == OpenMode.Append ? null : mode.LastStep + 1);
    }

    private protected override void WriteMetrics(MetricRecord record)
    {
        _lastStep = record.Step;
        _file?.Write(record.Time, record.Step, Summaries.OfScalars(record.Values));
    }

    private protected override void WriteHyperParameters(
        DateTimeOffset time, long step, IReadOnlyList<KeyValuePair<string, StateValue>> values)
    {
        _hasParameters = true;
        _file?.Write(time, 0, HyperParameterSession.Start(time, values));
    }

    private protected override void WriteText(DateTimeOffset time, long step, string name, string text) =>
        _file?.Write(time, step, Summaries.OfText(name, text));

    private protected override void WriteHistogram(DateTimeOffset time, long step, string name, Histogram histogram) =>
        _file?.Write(time, step, Summaries.OfHistogram(name, histogram));

    private protected override void WriteCheckpoint(DateTimeOffset time, long step, SaveOperation operation) =>
        WriteText(time, step, "checkpoints", CheckpointText.Of(operation));

    private protected override bool Flush()
    {
        _file?.Flush();
        return _file is not null;
    }

    private protected override void CloseFile(DateTimeOffset time, RunEnd end)
    {
        if (_hasParameters)
        {
            _file?.Write(time, _lastStep, HyperParameterSession.End(time, end));
        }

        _file?.Dispose();
        _file = null;
    }
}
