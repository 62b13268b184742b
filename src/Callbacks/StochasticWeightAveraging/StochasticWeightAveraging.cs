using System.ComponentModel.DataAnnotations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Averages the weights of the last epochs with equal weights (SWA) and separate learning rates, and recomputes batch-norm statistics for
/// the average at the end.
/// </summary>
/// <remarks>
/// Its learning rates are set before every step and override the schedulers of the module. Until the end, checkpoints and validations use
/// batch-norm statistics that are averaged like the weights.
/// </remarks>
[Plugin("swa")]
public sealed partial class StochasticWeightAveraging : WeightAveraging, IConfigurable<StochasticWeightAveragingOptions>
{
    private readonly ILogger _log;

    // Of every group of every optimizer in order, at the start of averaging; null before.
    private double[]? _startRates;

    /// <summary>Initializes a new instance of the <see cref="StochasticWeightAveraging"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger for fits that end before averaging begins; null to disable logging.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public StochasticWeightAveraging(StochasticWeightAveragingOptions? options = null, ILogger<StochasticWeightAveraging>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _log = logger ?? NullLogger<StochasticWeightAveraging>.Instance;
    }

    /// <inheritdoc/>
    public StochasticWeightAveragingOptions Options { get; }

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        base.SetUp(arguments);
        if (arguments.Stage == RunStage.Fit)
        {
            _startRates = null;
        }
    }

    /// <inheritdoc/>
    public override StateMap StateDict()
    {
        var state = base.StateDict();
        if (_startRates is not null)
        {
            state["start_rates"] = new StateList(_startRates.Select(rate => (StateValue)rate));
        }

        return state;
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        base.LoadStateDict(state);
        _startRates = state.TryGetValue("start_rates", out var rates) ? [.. rates.AsList().Select(rate => rate.AsReal())] : null;
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        base.OnFitStart(arguments);
        StartEpoch(arguments.Trainer);
        var groups = arguments.Trainer.Optimizers.Sum(optimizer => optimizer.ParamGroups.Count());
        if (Options.LearningRates.Count > 1 && Options.LearningRates.Count != groups)
        {
            throw new InvalidOperationException(
                $"StochasticWeightAveragingOptions.LearningRates has {Options.LearningRates.Count} values and the optimizers have {groups} "
                    + "groups. Give one for all, or one for each group.");
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        base.OnTrainEpochStart(arguments);
        if (_startRates is null && arguments.Trainer.CurrentEpoch >= StartEpoch(arguments.Trainer))
        {
            _startRates =
            [
                .. arguments.Trainer.Optimizers.SelectMany(optimizer => optimizer.ParamGroups).Select(group => group.LearningRate),
            ];
        }
    }

    /// <inheritdoc/>
    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments)
    {
        if (_startRates is null || Options.LearningRates.Count == 0)
        {
            return;
        }

        var share = Share(arguments.Trainer.CurrentEpoch - StartEpoch(arguments.Trainer));
        var index = 0;
        foreach (var group in arguments.Trainer.Optimizers.SelectMany(optimizer => optimizer.ParamGroups))
        {
            var target = Options.LearningRates[Math.Min(index, Options.LearningRates.Count - 1)];
            var start = index < _startRates.Length ? _startRates[index] : target;
            group.LearningRate = (share * target) + ((1 - share) * start);
            index++;
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        base.OnTrainEnd(arguments);
        if (AveragedCount == 0)
        {
            LogNothing(_log, StartEpoch(arguments.Trainer));
        }
        else if (Options.UpdateBatchNorm)
        {
            BatchNormStatistics.Update(arguments.Trainer, arguments.Module);
        }
    }

    /// <inheritdoc/>
    protected override bool ShouldUpdateAfterEpoch(Trainer trainer, int epoch) => epoch >= StartEpoch(trainer);

    /// <inheritdoc/>
    protected override void Average(Tensor average, Tensor current, long averagedCount)
    {
        ArgumentNullException.ThrowIfNull(average);
        ArgumentNullException.ThrowIfNull(current);

        // A variable, since nothing keeps alive an operand that is converted in the call (docs/training.md).
        using Scalar share = 1.0 / (averagedCount + 1);
        average.add_(current.sub(average), alpha: share);
    }

    private int StartEpoch(Trainer trainer) => Options.StartEpoch
        ?? (trainer.Options.MaxEpochs is { } epochs
            ? (int)(epochs * Options.StartFraction)
            : throw new InvalidOperationException(
                "StochasticWeightAveragingOptions.StartFraction is a part of MaxEpochs, and MaxEpochs is null. Set StartEpoch."));

    private double Share(int epochs)
    {
        var share = Options.AnnealingEpochs == 0 ? 1 : Math.Clamp((double)epochs / Options.AnnealingEpochs, 0, 1);
        return Options.Annealing == AnnealingStrategy.Linear ? share : (1 - Math.Cos(Math.PI * share)) / 2;
    }

    [LoggerMessage(
        1130, LogLevel.Warning,
        "Training ended before epoch {StartEpoch}, where averaging would have begun: the module has its own weights")]
    private static partial void LogNothing(ILogger logger, int startEpoch);
}

/// <summary>Options of <see cref="StochasticWeightAveraging"/>.</summary>
public sealed class StochasticWeightAveragingOptions
{
    /// <summary>
    /// Gets or sets the learning rates during averaging: one for all groups, or one for each group of the optimizers in order; empty to
    /// keep the learning rates.
    /// </summary>
    /// <value>The default is empty.</value>
    [Required]
    public IList<double> LearningRates { get; init; } = [];

    /// <summary>Gets or sets the first averaged epoch, from zero; null for <see cref="StartFraction"/>.</summary>
    /// <value>The default is null.</value>
    [Range(0, int.MaxValue)]
    public int? StartEpoch { get; set; }

    /// <summary>Gets or sets the fraction of <see cref="TrainerOptions.MaxEpochs"/> after which averaging begins.</summary>
    /// <value>The default is 0.8.</value>
    [Range(0, 1)]
    public double StartFraction { get; set; } = 0.8;

    /// <summary>Gets or sets the number of epochs of the transition to <see cref="LearningRates"/>; 0 for none.</summary>
    /// <value>The default is 10.</value>
    [Range(0, int.MaxValue)]
    public int AnnealingEpochs { get; set; } = 10;

    /// <summary>Gets or sets the form of the transition.</summary>
    /// <value>The default is <see cref="AnnealingStrategy.Cosine"/>.</value>
    public AnnealingStrategy Annealing { get; set; } = AnnealingStrategy.Cosine;

    /// <summary>
    /// Gets or sets a value indicating whether batch-norm statistics are recomputed for the averaged weights at the end, in one more pass
    /// through the training data.
    /// </summary>
    /// <value>The default is true.</value>
    public bool UpdateBatchNorm { get; set; } = true;
}

/// <summary>The form of the transition to the learning rates of <see cref="StochasticWeightAveraging"/>.</summary>
public enum AnnealingStrategy
{
    /// <summary>Half a cosine, slow at both ends.</summary>
    Cosine,

    /// <summary>Linear.</summary>
    Linear,
}

/// <summary>Recomputes the running statistics of batch norms as the mean over the training data.</summary>
internal static class BatchNormStatistics
{
    public static void Update(Trainer trainer, TrainingModule module)
    {
        var norms = module.modules().OfType<NormBase>().Where(norm => norm is { running_mean: not null, running_var: not null }).ToList();
        if (norms.Count == 0)
        {
            return;
        }

        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        var momenta = norms.ConvertAll(norm => norm.momentum);
        try
        {
            foreach (var norm in norms)
            {
                norm.reset_running_stats();

                // Without a momentum, a batch norm computes the mean over all batches.
                norm.momentum = null;
            }

            trainer.ForwardTrainingData();
        }
        finally
        {
            for (var index = 0; index < norms.Count; index++)
            {
                norms[index].momentum = momenta[index];
            }
        }
    }
}
