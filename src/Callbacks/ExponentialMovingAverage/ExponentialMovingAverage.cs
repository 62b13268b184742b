using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Keeps an exponential moving average of the weights (EMA): after every step <c>average = decay * average + (1 - decay) * weights</c>.
/// Validations and checkpoints see the average.
/// </summary>
/// <param name="options">How it averages; null for the defaults.</param>
[Plugin("ema")]
public sealed class ExponentialMovingAverage(ExponentialMovingAverageOptions? options = null) : WeightAveraging, IConfigurable<ExponentialMovingAverageOptions>
{
    /// <inheritdoc/>
    public ExponentialMovingAverageOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <inheritdoc/>
    protected override bool ShouldUpdateAfterStep(Trainer trainer, long step) =>
        step >= Options.StartStep && (AveragedCount == 0 || step % Options.UpdateEveryNSteps == 0);

    /// <inheritdoc/>
    protected override void Average(Tensor average, Tensor current, long averagedCount)
    {
        ArgumentNullException.ThrowIfNull(average);
        average.mul_(Options.Decay).add_(current, alpha: 1 - Options.Decay);
    }
}

/// <summary>How an <see cref="ExponentialMovingAverage"/> averages.</summary>
public sealed class ExponentialMovingAverageOptions
{
    /// <summary>What the average keeps of itself at an update; the rest comes from the newest weights. Default: 0.999.</summary>
    [Range(0, 1)]
    public double Decay { get; set; } = 0.999;

    /// <summary>After how many optimizer steps it is updated. Default: 1.</summary>
    [Range(1, int.MaxValue)]
    public int UpdateEveryNSteps { get; set; } = 1;

    /// <summary>The optimizer step after which averaging begins; the average is the module's weights then. Default: 1.</summary>
    [Range(1, long.MaxValue)]
    public long StartStep { get; set; } = 1;
}
