using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>
/// Shows a run as one live line on a terminal, and as plain lines elsewhere: position, speed, remaining time of the epoch, saved and
/// pending checkpoints, the loss, and the metrics logged with <c>progressBar: true</c>. A live line without enough room loses its last
/// fields.
/// </summary>
/// <param name="writer">The writer, such as <see cref="Console.Error"/>.</param>
/// <param name="options">The options; null for the defaults.</param>
/// <param name="time">The clock; null for the system clock.</param>
public sealed class ProgressLine(TextWriter writer, ProgressLineOptions? options = null, TimeProvider? time = null) : Callback
{
    private readonly ProgressLineOptions _options = CheckedOptions.OrDefault(options);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _start;
    private long _lastShown;
    private long _lastingStep = -1;
    private int _batches;
    private double? _loss;
    private int _shownWidth;

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) => Restart();

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Restart();

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _batches++;
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
        // After a validation at the last step the line already exists.
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

    private void Restart()
    {
        _start = _time.GetTimestamp();
        _lastShown = _start;
        _batches = 0;
    }

    private void Show(Trainer trainer, bool lasting)
    {
        _lastShown = _time.GetTimestamp();
        if (!trainer.Strategy.Collectives.IsRankZero)
        {
            return;
        }

        _lastingStep = lasting ? trainer.GlobalStep : _lastingStep;
        var line = Line(trainer);
        if (!_options.Interactive)
        {
            writer.WriteLine(line);
            return;
        }

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
        var room = _options.Interactive ? _options.Width - 1 : int.MaxValue;
        var line = new StringBuilder();
        foreach (var field in Fields(trainer))
        {
            // A truncated number would be wrong: a field is shown completely or not at all.
            var needed = line.Length + (line.Length > 0 ? 1 : 0) + field.Length;
            if (needed <= room)
            {
                line.Append(line.Length > 0 ? " " : string.Empty).Append(field);
            }
        }

        return line.ToString();
    }

    // The most important first, because the last ones are dropped if there is no room.
    private IEnumerable<string> Fields(Trainer trainer)
    {
        // Between two epochs the finished one is shown.
        var ended = trainer.CurrentBatch == 0 && trainer.CurrentEpoch > 0;
        var done = ended ? trainer.BatchesPerEpoch ?? 0 : trainer.CurrentBatch;
        yield return string.Create(CultureInfo.InvariantCulture, $"epoch {trainer.CurrentEpoch + (ended ? 0 : 1)}");
        if (trainer.BatchesPerEpoch is { } total and > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{100.0 * done / total,3:0}%");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"step {trainer.GlobalStep}");

        var seconds = _time.GetElapsedTime(_start).TotalSeconds;
        var rate = seconds > 0 ? _batches / seconds : 0;
        if (rate > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{rate:0.0}/s");
            if (trainer.BatchesPerEpoch is { } all && all > done)
            {
                yield return $"left {ProgressText.Duration((all - done) / rate)}";
            }
        }

        var costs = trainer.CheckpointCosts;
        if (costs.Saves > 0)
        {
            var pending = trainer.PendingCheckpoints;
            yield return string.Create(
                CultureInfo.InvariantCulture, $"saved {costs.Durable}{(pending > 0 ? $" (+{pending})" : string.Empty)}");
        }

        if (_loss is { } loss)
        {
            yield return $"loss {ProgressText.Number(loss)}";
        }

        foreach (var (name, metric) in trainer.Metrics.Snapshot())
        {
            if (metric.ProgressBar)
            {
                yield return $"{name} {ProgressText.Number(metric.Value)}";
            }
        }
    }
}

/// <summary>Options of <see cref="ProgressLine"/>.</summary>
public sealed class ProgressLineOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether the line is redrawn in place, as on a terminal; otherwise, lines are appended.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Interactive { get; set; }

    /// <summary>Gets or sets the maximum number of columns of a redrawn line.</summary>
    /// <value>The default is 80.</value>
    [Range(20, 1000)]
    public int Width { get; set; } = 80;

    /// <summary>Gets or sets the minimum time between two redraws.</summary>
    /// <value>The default is 100 ms.</value>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the minimum time between two appended lines within an epoch.</summary>
    /// <value>The default is 10 s.</value>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
