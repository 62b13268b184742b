using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

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
