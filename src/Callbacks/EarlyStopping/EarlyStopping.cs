using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>Stops a run when a metric no longer improves.</summary>
/// <remarks>
/// It requests a stop (<see cref="Trainer.RequestStop"/>), so minimum numbers of epochs and steps still apply. A metric that was logged
/// before the last optimizer step is not checked a second time. The callback runs before checkpoint callbacks, so checkpoints contain its
/// newest state.
/// </remarks>
[Plugin("early-stopping")]
public sealed partial class EarlyStopping : Callback, IConfigurable<EarlyStoppingOptions>
{
    private readonly ILogger _log;
    private bool _saidMissing;

    /// <summary>Initializes a new instance of the <see cref="EarlyStopping"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger for the reason of a stop; null to disable logging.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public EarlyStopping(EarlyStoppingOptions? options = null, ILogger<EarlyStopping>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _log = logger ?? NullLogger<EarlyStopping>.Instance;
    }

    /// <inheritdoc/>
    public EarlyStoppingOptions Options { get; }

    /// <inheritdoc/>
    public override string StateKey =>
        $"EarlyStopping{{'monitor': '{Options.Monitor}', 'mode': '{Options.Mode.ToString().ToLowerInvariant()}'}}";

    /// <summary>Gets the number of consecutive checks without improvement.</summary>
    public int WaitCount { get; private set; }

    /// <summary>Gets the best value; null before the first check.</summary>
    public double? BestScore { get; private set; }

    /// <summary>Gets the epoch in which it stopped the run, from zero; null if it did not.</summary>
    public int? StoppedEpoch { get; private set; }

    /// <summary>Gets the reason of the stop.</summary>
    public EarlyStoppingReason Reason { get; private set; }

    /// <summary>Gets the reason as a sentence with the numbers; null if it did not stop the run.</summary>
    public string? ReasonText { get; private set; }

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            (WaitCount, BestScore, StoppedEpoch, Reason, ReasonText, _saidMissing) = (0, null, null, EarlyStoppingReason.None, null, false);
        }
    }

    /// <inheritdoc/>
    public override StateMap StateDict() => new()
    {
        ["wait_count"] = WaitCount,
        ["stopped_epoch"] = StoppedEpoch ?? 0,
        ["best_score"] = BestScore is { } best ? best : StateValue.Null,
        ["patience"] = Options.Patience,
        ["reason"] = Reason.ToString(),
    };

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        WaitCount = checked((int)state["wait_count"].AsInteger());
        BestScore = StateNumber.Read(state["best_score"]) is { } best && !double.IsNaN(best) ? best : null;
        Reason = state.TryGetValue("reason", out var reason) ? Enum.Parse<EarlyStoppingReason>(reason.AsText()) : EarlyStoppingReason.None;
        StoppedEpoch = Reason == EarlyStoppingReason.None ? null : checked((int)state["stopped_epoch"].AsInteger());
    }

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments)
    {
        // Otherwise, each restart of a run that it stopped would train until the next check.
        if (Reason == EarlyStoppingReason.PatienceExhausted && WaitCount >= Options.Patience)
        {
            ReasonText = Text($"{Options.Monitor} was not better in the last {WaitCount} checks. Raise Patience to train further.");
            LogStopped(_log, ReasonText);
            arguments.Trainer.RequestStop();
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments)
    {
        if (arguments.Trainer.IsFitting && !ChecksEpochs(arguments.Trainer))
        {
            Check(arguments.Trainer, arguments.Trainer.CurrentEpoch);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        if (ChecksEpochs(arguments.Trainer))
        {
            // The finished epoch is already counted.
            Check(arguments.Trainer, arguments.Trainer.CurrentEpoch - 1);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        var trainer = arguments.Trainer;
        if (trainer is { GlobalStep: > 0, IsFastDevRun: false } && !_saidMissing && !trainer.Metrics.TryGet(Options.Monitor, out _))
        {
            // The run was too short for a check.
            LogMissing(_log, Options.Monitor, string.Join(", ", trainer.Metrics.Snapshot().Keys));
        }
    }

    private bool ChecksEpochs(Trainer trainer) => Options.CheckOnTrainEpochEnd ?? !trainer.HasValidation;

    private void Check(Trainer trainer, int epoch)
    {
        // A trial of a few batches does not count.
        if (trainer.IsFastDevRun || trainer.IsSanityChecking || !TryGetMetric(trainer, out var value))
        {
            return;
        }

        var (reason, text) = Judge(value);
        if (trainer.Strategy.Collectives.ReduceDecision(reason != EarlyStoppingReason.None, all: false))
        {
            (Reason, ReasonText, StoppedEpoch) = (reason, text, epoch);
            LogStopped(_log, text ?? "Another process stopped the run.");
            trainer.RequestStop();
        }
    }

    private bool TryGetMetric(Trainer trainer, out double value)
    {
        if (trainer.Metrics.TryGetFresh(Options.Monitor, out value))
        {
            return true;
        }

        // An outdated metric may be logged again before the next check; one that was never logged is likely an error.
        if (!trainer.Metrics.TryGet(Options.Monitor, out _))
        {
            var known = string.Join(", ", trainer.Metrics.Snapshot().Keys);
            if (Options.Strict)
            {
                throw new InvalidOperationException(
                    $"EarlyStopping monitors '{Options.Monitor}', which was not logged. Logged so far: "
                        + $"{(known.Length == 0 ? "nothing" : known)}. Log it in the module, set Monitor to one of these, "
                        + "or Strict to false.");
            }

            if (!_saidMissing)
            {
                _saidMissing = true;
                LogMissing(_log, Options.Monitor, known);
            }
        }

        return false;
    }

    private (EarlyStoppingReason Reason, string? Text) Judge(double value)
    {
        if (Options.CheckFinite && !double.IsFinite(value))
        {
            return (EarlyStoppingReason.NotFinite, Text($"{Options.Monitor} is {value}. Check the learning rate and the data."));
        }

        if (Options.StoppingThreshold is { } enough && IsBetter(value, enough))
        {
            return (EarlyStoppingReason.StoppingThreshold, Text($"{Options.Monitor} is {value}, which is better than {enough}."));
        }

        if (Options.DivergenceThreshold is { } tooMuch && IsBetter(tooMuch, value))
        {
            return (EarlyStoppingReason.DivergenceThreshold, Text($"{Options.Monitor} is {value}, which is worse than {tooMuch}."));
        }

        // NaN is better than no value, but nothing would be better than NaN.
        if (!double.IsNaN(value) && (
            BestScore is not { } best
                || IsBetter(value, Options.Mode == MonitorMode.Min ? best - Options.MinDelta : best + Options.MinDelta)))
        {
            (BestScore, WaitCount) = (value, 0);
            return (EarlyStoppingReason.None, null);
        }

        WaitCount++;
        return WaitCount < Options.Patience
            ? (EarlyStoppingReason.None, null)
            : (EarlyStoppingReason.PatienceExhausted, BestScore is { } still
                ? Text($"{Options.Monitor} was not better than {still:G6} in the last {WaitCount} checks.")
                : Text($"{Options.Monitor} was no number in the last {WaitCount} checks."));
    }

    private bool IsBetter(double value, double than) => Options.Mode == MonitorMode.Min ? value < than : value > than;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(1106, LogLevel.Information, "Early stopping: {Reason}")]
    private static partial void LogStopped(ILogger logger, string reason);

    [LoggerMessage(1107, LogLevel.Warning, "Early stopping follows '{Metric}', which was not logged; logged so far: {Known}")]
    private static partial void LogMissing(ILogger logger, string metric, string known);
}

/// <summary>Options of <see cref="EarlyStopping"/>.</summary>
public sealed class EarlyStoppingOptions
{
    /// <summary>Gets or sets the metric.</summary>
    /// <value>The default is <c>val_loss</c>.</value>
    [Required]
    public string Monitor { get; set; } = "val_loss";

    /// <summary>Gets or sets which values of the metric are better.</summary>
    /// <value>The default is <see cref="MonitorMode.Min"/>.</value>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>Gets or sets the minimum improvement over the best value, in the unit of the metric.</summary>
    /// <value>The default is 0.</value>
    [Range(0, double.MaxValue)]
    public double MinDelta { get; set; }

    /// <summary>Gets or sets the number of consecutive checks without improvement after which the run stops.</summary>
    /// <value>The default is 3.</value>
    [Range(0, int.MaxValue)]
    public int Patience { get; set; } = 3;

    /// <summary>
    /// Gets or sets a value indicating whether a metric that was never logged is an error. If false, it is logged once and the check is
    /// skipped.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Strict { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether NaN or infinity stops the run at once.</summary>
    /// <value>The default is true.</value>
    public bool CheckFinite { get; set; } = true;

    /// <summary>Gets or sets the limit beyond which a better metric stops the run at once; null for none.</summary>
    /// <value>The default is null.</value>
    public double? StoppingThreshold { get; set; }

    /// <summary>Gets or sets the limit beyond which a worse metric stops the run at once; null for none.</summary>
    /// <value>The default is null.</value>
    public double? DivergenceThreshold { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether checks run at the end of training epochs instead of validations; null for validations if the
    /// fit has any, otherwise epochs.
    /// </summary>
    /// <value>The default is null.</value>
    public bool? CheckOnTrainEpochEnd { get; set; }
}

/// <summary>The reason why an <see cref="EarlyStopping"/> stopped a run.</summary>
public enum EarlyStoppingReason
{
    /// <summary>The run was not stopped.</summary>
    None,

    /// <summary>The metric no longer improved.</summary>
    PatienceExhausted,

    /// <summary>The metric was better than <see cref="EarlyStoppingOptions.StoppingThreshold"/>.</summary>
    StoppingThreshold,

    /// <summary>The metric was worse than <see cref="EarlyStoppingOptions.DivergenceThreshold"/>.</summary>
    DivergenceThreshold,

    /// <summary>The metric was NaN or infinite.</summary>
    NotFinite,
}

/// <summary>Reads numbers in the form of other programs: scores of Lightning are tensors of one element.</summary>
internal static class StateNumber
{
    /// <summary>Returns the number; null if there is none.</summary>
    public static double? Read(StateValue value)
    {
        switch (value)
        {
            case StateNull:
                return null;
            case TensorData tensor:
                using (var element = tensor.ToTensor())
                using (var number = element.to_type(TorchSharp.torch.ScalarType.Float64))
                {
                    return number.item<double>();
                }

            default:
                return value.AsReal();
        }
    }
}
