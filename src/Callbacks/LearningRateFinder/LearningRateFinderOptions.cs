using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of a learning-rate search.</summary>
public sealed class LearningRateFinderOptions : IValidatableObject
{
    /// <summary>Gets or sets the first learning rate.</summary>
    /// <value>The default is 1e-8.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double MinLearningRate { get; set; } = 1e-8;

    /// <summary>Gets or sets the last learning rate.</summary>
    /// <value>The default is 1.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double MaxLearningRate { get; set; } = 1;

    /// <summary>Gets or sets the number of optimizer steps, each with the next learning rate.</summary>
    /// <value>The default is 100.</value>
    [Range(3, int.MaxValue)]
    public int Steps { get; set; } = 100;

    /// <summary>Gets or sets the spacing of the learning rates.</summary>
    /// <value>The default is <see cref="LearningRateSpacing.Exponential"/>.</value>
    public LearningRateSpacing Spacing { get; set; } = LearningRateSpacing.Exponential;

    /// <summary>Gets or sets the multiple of the best smoothed loss at which the search stops; null for no limit.</summary>
    /// <value>The default is 4.</value>
    [Range(1, double.MaxValue)]
    public double? EarlyStopFactor { get; set; } = 4;

    /// <summary>Gets or sets the weight of the previous smoothed loss at each step; 0 for no smoothing.</summary>
    /// <value>The default is 0.98.</value>
    [Range(0, 0.9999)]
    public double Smoothing { get; set; } = 0.98;

    /// <summary>
    /// Gets or sets the number of points at the start, where the smoothed loss has not settled, to skip for the suggestion.
    /// </summary>
    /// <value>The default is 10.</value>
    [Range(0, int.MaxValue)]
    public int SkipBegin { get; set; } = 10;

    /// <summary>Gets or sets the number of points at the end, where the loss grows, to skip for the suggestion.</summary>
    /// <value>The default is 1.</value>
    [Range(0, int.MaxValue)]
    public int SkipEnd { get; set; } = 1;

    /// <summary>
    /// Gets or sets a value indicating whether an <see cref="ILearningRateModule"/> receives the suggestion after everything else is
    /// restored.
    /// </summary>
    /// <value>The default is true.</value>
    public bool UpdateModule { get; set; } = true;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => MinLearningRate < MaxLearningRate
        ? []
        : [new ValidationResult($"MinLearningRate is {MinLearningRate} and MaxLearningRate {MaxLearningRate}; the first must be less.")];
}

/// <summary>The spacing of the learning rates of a search.</summary>
public enum LearningRateSpacing
{
    /// <summary>A constant factor between two learning rates.</summary>
    Exponential,

    /// <summary>A constant difference between two learning rates.</summary>
    Linear,
}

/// <summary>A module whose optimizers use a learning rate that a search may set.</summary>
public interface ILearningRateModule
{
    /// <summary>Gets or sets the learning rate for <see cref="TrainingModule.ConfigureOptimizers"/>.</summary>
    double LearningRate { get; set; }
}
