using Fulgurite.Composition;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Loggers;

/// <summary>
/// Event files for TensorBoard: metrics as scalars, distributions as histograms, texts, and hyper-parameters. A run is a folder; each time
/// that it is resumed it gets one more file, which takes back what earlier ones have of steps that never happened.
/// </summary>
/// <param name="options">Where to; null for the defaults.</param>
/// <param name="logger">What is told of failures; null for nobody.</param>
/// <param name="time">The clock; null for that of the system.</param>
[Plugin("tensorboard")]
public sealed class TensorBoardLogger(TensorBoardLoggerOptions? options = null, ILogger<TensorBoardLogger>? logger = null, TimeProvider? time = null)
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

    private protected override void WriteHyperParameters(DateTimeOffset time, long step, IReadOnlyList<KeyValuePair<string, StateValue>> values)
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
