using System.Globalization;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Logs the learning rate of every group of every optimizer, and optionally momentum and weight decay.</summary>
/// <remarks>
/// The names are those of Lightning: <c>lr-Adam</c>, <c>lr-Adam-1</c> for a second Adam, <c>lr-Adam/pg2</c> for the second of several
/// groups, with the suffix <c>-momentum</c> or <c>-weight_decay</c>.
/// </remarks>
/// <param name="options">The options; null for the defaults.</param>
[Plugin("learning-rate-monitor")]
public sealed class LearningRateMonitor(LearningRateMonitorOptions? options = null) : Callback, IConfigurable<LearningRateMonitorOptions>
{
    private long _loggedStep = -1;

    /// <inheritdoc/>
    public LearningRateMonitorOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>Gets the last logged values.</summary>
    public IReadOnlyDictionary<string, double> Latest { get; private set; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) => _loggedStep = -1;

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        if (Options.Interval != LearningRateInterval.Step)
        {
            Send(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments)
    {
        // Several batches may belong to one step.
        var step = arguments.Trainer.GlobalStep;
        if (Options.Interval != LearningRateInterval.Epoch && step != _loggedStep && step % arguments.Trainer.Options.LogEveryNSteps == 0)
        {
            Send(arguments.Trainer);
        }
    }

    private void Send(Trainer trainer)
    {
        if (trainer.GlobalStep == _loggedStep)
        {
            return;
        }

        _loggedStep = trainer.GlobalStep;
        Latest = Read(trainer.Optimizers);
        trainer.LogMetrics(Latest);
    }

    private Dictionary<string, double> Read(IReadOnlyList<optim.Optimizer> optimizers)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var optimizer in optimizers)
        {
            var type = optimizer.GetType().Name;
            var count = seen[type] = seen.GetValueOrDefault(type) + 1;
            var name = string.Create(
                CultureInfo.InvariantCulture, $"{Options.Prefix}lr-{type}{(count > 1 ? $"-{count - 1}" : string.Empty)}");
            var groups = optimizer.ParamGroups.ToList();
            for (var index = 0; index < groups.Count; index++)
            {
                Read(
                    groups[index], groups.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{name}/pg{index + 1}") : name, numbers);
            }
        }

        return numbers;
    }

    private void Read(optim.ILearningRateController group, string name, Dictionary<string, double> numbers)
    {
        numbers[name] = group.LearningRate;
        if (!(Options.LogMomentum || Options.LogWeightDecay) || OptimizerSettings.Of(group) is not { } settings)
        {
            return;
        }

        if (Options.LogMomentum && Momentum(settings) is { } momentum)
        {
            numbers[$"{name}-momentum"] = momentum;
        }

        if (Options.LogWeightDecay && settings.TryGetValue("weight_decay", out var decay))
        {
            numbers[$"{name}-weight_decay"] = decay.AsReal();
        }
    }

    private static double? Momentum(StateMap settings) =>
        settings.TryGetValue("momentum", out var momentum) ? momentum.AsReal()
        : settings.TryGetValue("betas", out var betas) ? betas.AsList()[0].AsReal()
        : null;
}

/// <summary>Options of <see cref="LearningRateMonitor"/>.</summary>
public sealed class LearningRateMonitorOptions
{
    /// <summary>Gets or sets the interval: steps, epochs, or null for both.</summary>
    /// <value>The default is null.</value>
    public LearningRateInterval? Interval { get; set; }

    /// <summary>Gets or sets a value indicating whether momentum is logged: <c>momentum</c>, or the first of <c>betas</c>.</summary>
    /// <value>The default is false.</value>
    public bool LogMomentum { get; set; }

    /// <summary>Gets or sets a value indicating whether weight decay is logged.</summary>
    /// <value>The default is false.</value>
    public bool LogWeightDecay { get; set; }

    /// <summary>Gets or sets the prefix of every name.</summary>
    /// <value>The default is empty.</value>
    public string Prefix { get; set; } = string.Empty;
}

/// <summary>The time at which a <see cref="LearningRateMonitor"/> logs.</summary>
public enum LearningRateInterval
{
    /// <summary>Before the step, every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
    Step,

    /// <summary>At the start of every epoch.</summary>
    Epoch,
}
