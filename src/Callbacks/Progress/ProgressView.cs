using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>
/// Shows a run: a table of the module at the start; on a terminal, a live bar with rate, remaining time and metrics, the validation in
/// progress and the pending checkpoints; a permanent line for every validation and epoch, or every tenth, hundredth and so on of many;
/// and a summary with the cost of checkpoints at the end. If lines cannot be redrawn in place, they are appended.
/// </summary>
[Plugin("progress")]
public sealed class ProgressView : Callback, IConfigurable<ProgressViewOptions>
{
    private readonly ProgressTerminal _terminal;
    private readonly TimeProvider _time;
    private readonly LiveBlock _block;
    private readonly ProgressRate _rate;
    private readonly RunSummary _summary;
    private long _lastShown;
    private long _lastLasting;
    private long _lastingStep = -1;
    private int _moments;
    private double? _loss;
    private int _validationBatches;
    private int? _validationTotal;
    private bool _isValidating;
    private bool _isQuiet;
    private long _pendingSince;
    private long _shownStep = -1;
    private ConsoleAbove? _console;

    /// <summary>Makes a view.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="terminal">The output; null for <see cref="ProgressTerminal.OfProcess"/>.</param>
    /// <param name="time">The clock; null for the system clock.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public ProgressView(ProgressViewOptions? options = null, ProgressTerminal? terminal = null, TimeProvider? time = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _terminal = terminal ?? ProgressTerminal.OfProcess();
        _time = time ?? TimeProvider.System;
        _block = new LiveBlock(_terminal);
        _rate = new ProgressRate(_time);
        _summary = new RunSummary(_time);
    }

    /// <inheritdoc/>
    public ProgressViewOptions Options { get; }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        // A run that resumes after a validation, or after the end of an epoch, has shown that step before.
        var ended = arguments.Trainer is { ResumedFrom: not null, CurrentBatch: 0 };
        var shown = ended || arguments.Trainer is { ResumedFrom: not null, IsValidated: true } ? arguments.Trainer.GlobalStep : -1;
        (_lastingStep, _shownStep, _moments) = (shown, ended ? shown : -1, 0);
        (_loss, _isValidating, _validationTotal, _pendingSince) = (null, false, null, 0);
        _lastShown = _lastLasting = _time.GetTimestamp();
        _summary.Start(arguments.Trainer);
        _console?.Dispose();
        _isQuiet = Options.Quiet || !arguments.Trainer.Strategy.Collectives.IsRankZero;
        _console = _isQuiet ? null : new ConsoleAbove(_block, _terminal);
        if (!_isQuiet && Options.ShowModel)
        {
            var table = ModuleTable.Of(arguments.Module, Options.ModelDepth).ToString();
            _block.Add([
                new StyledLine(arguments.Module.GetName(), StyledLine.Bold),
                .. table.Split('\n').Select(line => new StyledLine(line)),
                new StyledLine(string.Empty),
            ]);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        _rate.Restart();
        _lastShown = _time.GetTimestamp();
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _rate.Add();
        _loss = arguments.Loss ?? _loss;
        Refresh(arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnValidationStart(OnValidationStartArguments arguments) => (_isValidating, _validationBatches) = (true, 0);

    /// <inheritdoc/>
    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments)
    {
        _validationBatches++;
        Refresh(arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        (_isValidating, _validationTotal) = (false, _validationBatches);
        if (arguments.Trainer is { IsFitting: true, IsSanityChecking: false })
        {
            AddLineIfDue(arguments.Trainer);
            _rate.Restart(); // Excludes the time of a validation.
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        // After a validation at the last step the line already exists.
        if (_lastingStep != arguments.Trainer.GlobalStep)
        {
            AddLineIfDue(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        if (_shownStep != arguments.Trainer.GlobalStep)
        {
            AddLine(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments) =>
        _summary.End(arguments.IsInterruption ? "Interrupted" : $"Failed ({arguments.Exception.GetType().Name})");

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        if (_isQuiet || arguments.Stage != RunStage.Fit)
        {
            return;
        }

        _isValidating = false;
        try
        {
            _block.Add(Options.ShowSummary ? _summary.Lines(arguments.Trainer) : []);
        }
        finally
        {
            _console?.Dispose();
            _console = null;
        }
    }

    private void Refresh(Trainer trainer)
    {
        if (_isQuiet || trainer.IsSanityChecking
            || _time.GetElapsedTime(_lastShown) < (_terminal.IsInteractive ? Options.RefreshInterval : Options.LineInterval))
        {
            return;
        }

        _lastShown = _time.GetTimestamp();
        if (!_terminal.IsInteractive)
        {
            _block.Add([TrainingLine(trainer, barWidth: 0)]);
            return;
        }

        var lines = new List<StyledLine> { TrainingLine(trainer, BarWidth()) };
        if (_isValidating)
        {
            lines.Add(ValidationLine());
        }

        if (SavingLine(trainer) is { } saving)
        {
            lines.Add(saving);
        }

        _block.Draw(lines);
    }

    /// <summary>
    /// Limits the number of lines of thousands of epochs: the first ten, then every tenth, every hundredth and so on. Where there is no
    /// live line, one is added at least at the interval.
    /// </summary>
    private void AddLineIfDue(Trainer trainer)
    {
        _lastingStep = trainer.GlobalStep;
        _moments++;
        var every = (int)Math.Pow(10, Math.Floor(Math.Log10(_moments)));
        if (_moments % every == 0 || (!_terminal.IsInteractive && _time.GetElapsedTime(_lastLasting) >= Options.LineInterval))
        {
            AddLine(trainer);
        }
    }

    private void AddLine(Trainer trainer)
    {
        _shownStep = trainer.GlobalStep;
        _lastShown = _lastLasting = _time.GetTimestamp();
        if (!_isQuiet)
        {
            _block.Add([TrainingLine(trainer, barWidth: 0)]);
        }
    }

    private int BarWidth() => Math.Clamp((_terminal.Width - 60) / 2, 0, 40);

    // The most important first, because the last ones are dropped if there is no room.
    private StyledLine TrainingLine(Trainer trainer, int barWidth)
    {
        // Between two epochs the finished one is shown.
        var ended = trainer.CurrentBatch == 0 && trainer.CurrentEpoch > 0;
        var done = ended ? trainer.BatchesPerEpoch ?? 0 : trainer.CurrentBatch;
        var epochs = trainer.Options is { MaxEpochs: { } most, MaxSteps: null }
            ? string.Create(CultureInfo.InvariantCulture, $" of {most}")
            : string.Empty;
        var line = new StyledLine(
            string.Create(CultureInfo.InvariantCulture, $"epoch {trainer.CurrentEpoch + (ended ? 0 : 1)}{epochs}"), StyledLine.Bold);
        if (trainer.BatchesPerEpoch is { } total and > 0)
        {
            if (barWidth > 0)
            {
                line.Add(ProgressBar.Of(done, total, barWidth), StyledLine.Cyan);
            }

            line.Add(string.Create(CultureInfo.InvariantCulture, $"{100.0 * done / total,3:0}%"));
        }

        line.Add(string.Create(CultureInfo.InvariantCulture, $"step {trainer.GlobalStep}"));
        if (_rate.PerSecond() is var rate and > 0)
        {
            line.Add(string.Create(CultureInfo.InvariantCulture, $"{rate:0.0}/s"), StyledLine.Dim);
            if (trainer.BatchesPerEpoch is { } all && all > done)
            {
                line.Add($"left {ProgressText.Duration((all - done) / rate)}{OfTheRun(trainer, rate, all - done)}", StyledLine.Dim);
            }
        }

        // A loss logged by the module is that of the step, under a separate name.
        var metrics = ShownMetrics(trainer).ToList();
        if (_loss is { } loss && !metrics.Exists(metric => metric.Name is "train_loss" or "train/loss" or "loss"))
        {
            line.Add($"loss {ProgressText.Number(loss)}", StyledLine.Green);
        }

        foreach (var (name, value) in metrics)
        {
            line.Add($"{name} {ProgressText.Number(value)}", StyledLine.Green);
        }

        return line;
    }

    /// <summary>The remaining time of the run, if it has further epochs.</summary>
    private static string OfTheRun(Trainer trainer, double rate, int batchesOfTheEpoch) =>
        trainer.EstimatedSteppingBatches is { } steps && (steps - trainer.GlobalStep) * trainer.AccumulateGradBatches is var batches
            && batches > batchesOfTheEpoch + trainer.AccumulateGradBatches
            ? $" of {ProgressText.Duration(batches / rate)}"
            : string.Empty;

    private IEnumerable<(string Name, double Value)> ShownMetrics(Trainer trainer)
    {
        var logged = trainer.Metrics.Snapshot();
        return Options.Metrics is { } names
            ? names.Where(logged.ContainsKey).Select(name => (name, logged[name].Value))
            : logged.Where(metric => metric.Value.ProgressBar).Select(metric => (metric.Key, metric.Value.Value));
    }

    private StyledLine ValidationLine()
    {
        var line = new StyledLine("  validation", StyledLine.Yellow);
        return _validationTotal is { } total and > 0
            ? line.Add(ProgressBar.Of(_validationBatches, total, Math.Max(BarWidth(), 10)), StyledLine.Yellow).Add(
                string.Create(CultureInfo.InvariantCulture, $"{_validationBatches}/{total}"))
            : line.Add(string.Create(CultureInfo.InvariantCulture, $"{_validationBatches} batches"));
    }

    private StyledLine? SavingLine(Trainer trainer)
    {
        if (trainer.PendingCheckpoints is not (var pending and > 0))
        {
            _pendingSince = 0;
            return null;
        }

        _pendingSince = _pendingSince == 0 ? _time.GetTimestamp() : _pendingSince;
        return new StyledLine($"  saving {pending} checkpoint{(pending == 1 ? string.Empty : "s")}", StyledLine.Dim)
            .Add(
                string.Create(CultureInfo.InvariantCulture, $"for {_time.GetElapsedTime(_pendingSince).TotalSeconds:0.0} s"),
                StyledLine.Dim)
            .Add("training goes on", StyledLine.Dim);
    }
}
