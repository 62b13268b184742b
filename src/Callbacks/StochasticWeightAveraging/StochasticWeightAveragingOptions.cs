using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="StochasticWeightAveraging"/> begins, and with which learning rates.</summary>
public sealed class StochasticWeightAveragingOptions
{
    /// <summary>
    /// The learning rates while it averages: one for all groups, or one for each group of the optimizers in order; empty to leave learning
    /// rates alone. Default: empty.
    /// </summary>
    [Required]
    public IList<double> LearningRates { get; init; } = [];

    /// <summary>The first epoch that it averages, from zero; null for <see cref="StartFraction"/>. Default: null.</summary>
    [Range(0, int.MaxValue)]
    public int? StartEpoch { get; set; }

    /// <summary>The part of <see cref="TrainerOptions.MaxEpochs"/> after which it begins. Default: 0.8.</summary>
    [Range(0, 1)]
    public double StartFraction { get; set; } = 0.8;

    /// <summary>Over how many epochs the learning rates move to <see cref="LearningRates"/>; 0 for at once. Default: 10.</summary>
    [Range(0, int.MaxValue)]
    public int AnnealingEpochs { get; set; } = 10;

    /// <summary>How they move there. Default: along a cosine.</summary>
    public AnnealingStrategy Annealing { get; set; } = AnnealingStrategy.Cosine;

    /// <summary>
    /// Whether the statistics of batch norms are found anew for the averaged weights at the end, by one more pass through the training data.
    /// Default: true.
    /// </summary>
    public bool UpdateBatchNorm { get; set; } = true;
}

/// <summary>How learning rates move from where they are to those of <see cref="StochasticWeightAveraging"/>.</summary>
public enum AnnealingStrategy
{
    /// <summary>Along half a cosine, slowly at both ends.</summary>
    Cosine,

    /// <summary>Evenly.</summary>
    Linear,
}
