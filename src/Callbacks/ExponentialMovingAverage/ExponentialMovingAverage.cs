using System.ComponentModel.DataAnnotations;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Keeps an exponential moving average of the weights (EMA): after every step <c>average = decay * average + (1 - decay) * weights</c>.
/// Validations and checkpoints use the average.
/// </summary>
/// <param name="options">The options; null for the defaults.</param>
[Plugin("ema")]
public sealed class ExponentialMovingAverage(ExponentialMovingAverageOptions? options = null)
    : WeightAveraging, IConfigurable<ExponentialMovingAverageOptions>
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

        // Variables, since nothing keeps alive an operand that is converted in the call (docs/training.md).
        using Scalar decay = Options.Decay;
        using Scalar rest = 1 - Options.Decay;
        average.mul_(decay).add_(current, alpha: rest);
    }
}

/// <summary>Options of <see cref="ExponentialMovingAverage"/>.</summary>
public sealed class ExponentialMovingAverageOptions
{
    /// <summary>Gets or sets the weight of the previous average in an update; the rest is the weight of the newest values.</summary>
    /// <value>The default is 0.999.</value>
    [Range(0, 1)]
    public double Decay { get; set; } = 0.999;

    /// <summary>Gets or sets the number of optimizer steps between two updates.</summary>
    /// <value>The default is 1.</value>
    [Range(1, int.MaxValue)]
    public int UpdateEveryNSteps { get; set; } = 1;

    /// <summary>Gets or sets the optimizer step after which averaging begins, with the current weights of the module.</summary>
    /// <value>The default is 1.</value>
    [Range(1, long.MaxValue)]
    public long StartStep { get; set; } = 1;
}
