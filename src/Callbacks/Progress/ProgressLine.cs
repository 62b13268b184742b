using System.Globalization;
using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>
/// Shows a run as one live line on a terminal, and as plain lines elsewhere: where it is, how fast, how long the epoch still takes, the
/// loss, the metrics that asked for it, and the checkpoints in flight.
/// </summary>
/// <param name="writer">Where to, such as <see cref="Console.Error"/>.</param>
/// <param name="options">How; null for the defaults.</param>
/// <param name="time">The clock; null for that of the system.</param>
public sealed class ProgressLine(TextWriter writer, ProgressLineOptions? options = null, TimeProvider? time = null) : Callback
{
    private readonly ProgressLineOptions _options = options ?? new ProgressLineOptions();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _start;
    private long _lastShown;
    private long _lastingStep = -1;
    private int _firstBatch;
    private double? _loss;
    private int _shownWidth;

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) => Restart(arguments.Trainer);

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Restart(arguments.Trainer);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _loss = arguments.Loss ?? _loss;
        var interval = _options.Interactive ? _options.RefreshInterval : _options.LineInterval;
        if (_time.GetElapsedTime(_lastShown) >= interval)
        {
            Show(arguments.Trainer, lasting: !_options.Interactive);
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        if (arguments.Trainer.IsFitting)
        {
            Show(arguments.Trainer, lasting: true);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        // After a validation at the last step the line stands there already.
        if (_lastingStep != arguments.Trainer.GlobalStep)
        {
            Show(arguments.Trainer, lasting: true);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        if (_shownWidth > 0)
        {
            Show(arguments.Trainer, lasting: true);
        }
    }

    private void Restart(Trainer trainer)
    {
        _start = _time.GetTimestamp();
        _lastShown = _start;
        _firstBatch = trainer.CurrentBatch;
    }

    private void Show(Trainer trainer, bool lasting)
    {
        _lastShown = _time.GetTimestamp();
        _lastingStep = lasting ? trainer.GlobalStep : _lastingStep;
        var line = Line(trainer);
        if (!_options.Interactive)
        {
            writer.WriteLine(line);
            return;
        }

        line = line.Length > _options.Width - 1 ? line[..(_options.Width - 1)] : line;
        writer.Write('\r');
        writer.Write(line.PadRight(_shownWidth));
        _shownWidth = line.Length;
        if (lasting)
        {
            writer.WriteLine();
            _shownWidth = 0;
        }

        writer.Flush();
    }

    private string Line(Trainer trainer)
    {
        var line = new StringBuilder();

        // Between two epochs the one that has ended is shown.
        var ended = trainer.CurrentBatch == 0 && trainer.CurrentEpoch > 0;
        var done = ended ? trainer.BatchesPerEpoch ?? 0 : trainer.CurrentBatch;
        var seconds = _time.GetElapsedTime(_start).TotalSeconds;
        var rate = seconds > 0 ? (done - _firstBatch) / seconds : 0;
        line.Append(CultureInfo.InvariantCulture, $"epoch {trainer.CurrentEpoch + (ended ? 0 : 1)}");
        if (trainer.BatchesPerEpoch is { } total and > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" {100.0 * done / total,3:0}%");
        }

        line.Append(CultureInfo.InvariantCulture, $" step {trainer.GlobalStep}");
        if (rate > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" {rate:0.0}/s");
            if (trainer.BatchesPerEpoch is { } all && all > done)
            {
                line.Append(CultureInfo.InvariantCulture, $" left {TimeSpan.FromSeconds((all - done) / rate):mm\\:ss}");
            }
        }

        if (_loss is { } loss)
        {
            line.Append(CultureInfo.InvariantCulture, $" loss {loss:0.0000}");
        }

        foreach (var (name, metric) in trainer.Metrics.Snapshot())
        {
            if (metric.ProgressBar)
            {
                line.Append(CultureInfo.InvariantCulture, $" {name} {metric.Value:0.0000}");
            }
        }

        var costs = trainer.CheckpointCosts;
        if (costs.Saves > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" saved {costs.Durable}");
            if (trainer.PendingCheckpoints > 0)
            {
                line.Append(CultureInfo.InvariantCulture, $" (+{trainer.PendingCheckpoints})");
            }
        }

        return line.ToString();
    }
}
