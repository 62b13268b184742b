using System.Text;
using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.Loggers;

/// <summary>
/// Writes a report of a run as a self-contained HTML file: curves, learning rate, step time, the cost of checkpoints, hyper-parameters,
/// and the time by phase. The report is updated during the run and at its end, and continued when the run is resumed.
/// </summary>
[Plugin("html")]
public sealed class HtmlReportLogger : FileLogger<HtmlReportLoggerOptions>
{
    // Of the thread of the run.
    private PhaseClock _clock;
    private long _fitStart;
    private long _lastStepEnd;
    private long _lastPosted;

    // Of the background.
    private RunReport _report = new();
    private Dictionary<string, double> _earlierPhases = new(StringComparer.Ordinal);
    private double _earlierSeconds;
    private long _lastWritten;
    private bool _isOpen;
    private string _path = string.Empty;

    /// <summary>Initializes the logger.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger for failures; null to disable logging.</param>
    /// <param name="time">The clock; null for the system clock.</param>
    public HtmlReportLogger(HtmlReportLoggerOptions? options = null, ILogger<HtmlReportLogger>? logger = null, TimeProvider? time = null)
        : base(options, ".html", logger, time) => _clock = new PhaseClock(Time);

    private protected override void BeginRun(OnFitStartArguments arguments)
    {
        _clock = new PhaseClock(Time);
        _fitStart = _lastPosted = Time.GetTimestamp();
        var (title, step, isResumed) = (
            Options.Title ?? arguments.Module.GetName(), arguments.Trainer.GlobalStep, arguments.Trainer.ResumedFrom is not null);
        Post(() =>
        {
            _report.Title = title;
            if (isResumed)
            {
                _report.Resumes.Add(step);
            }
        });
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        _clock.Skip();
        _lastStepEnd = Time.GetTimestamp();
    }

    /// <inheritdoc/>
    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => _clock.Count(PhaseClock.Data);

    /// <inheritdoc/>
    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => _clock.Count(PhaseClock.Forward);

    /// <inheritdoc/>
    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => _clock.Count(PhaseClock.Backward);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _clock.Count(PhaseClock.Optimizer);
        if (!arguments.Stepped)
        {
            return;
        }

        var now = Time.GetTimestamp();
        var (step, epoch, milliseconds) = (
            arguments.Trainer.GlobalStep, arguments.Trainer.CurrentEpoch, Time.GetElapsedTime(_lastStepEnd, now).TotalMilliseconds);
        _lastStepEnd = now;
        Post(() =>
        {
            _report.StepTime.Add(step, milliseconds);
            (_report.Step, _report.Epoch) = (step, epoch);
        });
        if (Time.GetElapsedTime(_lastPosted, now) >= Options.RefreshInterval)
        {
            _lastPosted = now;
            PostTimes();
        }
    }

    /// <inheritdoc/>
    public override void OnValidationStart(OnValidationStartArguments arguments) => _clock.Count(PhaseClock.Data);

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        _clock.Count(PhaseClock.Validation);
        _lastStepEnd = Time.GetTimestamp(); // A validation is no part of a step.
    }

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            var (step, epoch) = (arguments.Trainer.GlobalStep, arguments.Trainer.CurrentEpoch);
            PostTimes();
            Post(() => (_report.Step, _report.Epoch) = (step, epoch));
        }

        base.TearDown(arguments);
    }

    private protected override void OpenFile(string path, OpenMode mode)
    {
        if (_isOpen)
        {
            Save(); // The first attempt failed; the report is in memory.
            return;
        }

        var now = Time.GetUtcNow();
        _path = path;
        _isOpen = true;
        _lastWritten = Time.GetTimestamp();
        if (mode == OpenMode.Append)
        {
            return; // The report is still at hand.
        }

        _report = new RunReport { Started = now, Updated = now };
        if (!mode.IsNew && File.Exists(path))
        {
            ReadEarlier(path, mode.LastStep, now);
        }

        (_earlierPhases, _earlierSeconds) = (_report.Phases, _report.Seconds);
        Save();
    }

    private protected override void WriteMetrics(MetricRecord record)
    {
        foreach (var (name, value) in record.Values)
        {
            var series = _report.Metric(name);
            if (series.Points.Count == 0 || series.Points[^1].Step != record.Step)
            {
                series.Add(record.Step, value);
            }
        }

        (_report.Step, _report.Epoch) = (record.Step, record.Epoch);
    }

    private protected override void WriteHyperParameters(
        DateTimeOffset time, long step, IReadOnlyList<KeyValuePair<string, StateValue>> values)
    {
        foreach (var (name, value) in values)
        {
            _report.HyperParameters[name] = value.ToString() ?? string.Empty;
        }
    }

    private protected override void WriteCheckpoint(DateTimeOffset time, long step, SaveOperation operation) =>
        _report.Checkpoints.Add(new CheckpointRow(
            step,
            System.IO.Path.GetFileName(operation.Path),
            JsonNamingPolicy.SnakeCaseLower.ConvertName(operation.Outcome.ToString()),
            operation.ByteCount,
            operation.Stall.TotalSeconds,
            operation.WriteTime.TotalSeconds,
            operation.Options.Score is { } score && double.IsFinite(score) ? score : null));

    private protected override bool Flush()
    {
        var isDue = _isOpen && Time.GetElapsedTime(_lastWritten) >= Options.RefreshInterval;
        if (isDue)
        {
            Save();
        }

        return isDue;
    }

    private protected override void CloseFile(DateTimeOffset time, RunEnd end)
    {
        _report.Status = JsonNamingPolicy.SnakeCaseLower.ConvertName(end.ToString());
        Save();
        _isOpen = false;
    }

    private void PostTimes()
    {
        var (phases, seconds) = (_clock.Seconds(), Time.GetElapsedTime(_fitStart).TotalSeconds);
        Post(() =>
        {
            _report.Phases = new Dictionary<string, double>(_earlierPhases, StringComparer.Ordinal);
            foreach (var (phase, spent) in phases)
            {
                _report.Phases[phase] = _report.Phases.GetValueOrDefault(phase) + spent;
            }

            _report.Seconds = _earlierSeconds + seconds;
        });
    }

    private void ReadEarlier(string path, long lastStep, DateTimeOffset now)
    {
        try
        {
            ReportData.Read(File.ReadAllText(path), lastStep, _report);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException
            or NullReferenceException)
        {
            // The report was edited by hand; its curves start from here.
            _report = new RunReport { Started = now, Updated = now };
        }
    }

    private void Save()
    {
        _lastWritten = Time.GetTimestamp();
        _report.Updated = Time.GetUtcNow();
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_path)!);
        FileReplacement.Write(_path, file => file.Write(Encoding.UTF8.GetBytes(ReportPage.Of(_report))));
    }
}
