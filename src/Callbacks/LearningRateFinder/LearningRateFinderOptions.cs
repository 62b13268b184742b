using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Which learning rates a search tries, and when it stops.</summary>
public sealed class LearningRateFinderOptions : IValidatableObject
{
    /// <summary>The first learning rate. Default: 1e-8.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double MinLearningRate { get; set; } = 1e-8;

    /// <summary>The last learning rate. Default: 1.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double MaxLearningRate { get; set; } = 1;

    /// <summary>How many optimizer steps it takes, each with the next learning rate. Default: 100.</summary>
    [Range(3, int.MaxValue)]
    public int Steps { get; set; } = 100;

    /// <summary>How the learning rates lie between the first and the last. Default: exponentially.</summary>
    public LearningRateSpacing Spacing { get; set; } = LearningRateSpacing.Exponential;

    /// <summary>It stops when the smoothed loss is this many times the best one; null for never. Default: 4.</summary>
    [Range(1, double.MaxValue)]
    public double? EarlyStopFactor { get; set; } = 4;

    /// <summary>What the smoothed loss keeps of itself at each step, from 0 for no smoothing. Default: 0.98.</summary>
    [Range(0, 0.9999)]
    public double Smoothing { get; set; } = 0.98;

    /// <summary>How many points at the start, where the smoothed loss has settled little, no suggestion is taken from. Default: 10.</summary>
    [Range(0, int.MaxValue)]
    public int SkipBegin { get; set; } = 10;

    /// <summary>How many points at the end, where the loss grows, no suggestion is taken from. Default: 1.</summary>
    [Range(0, int.MaxValue)]
    public int SkipEnd { get; set; } = 1;

    /// <summary>
    /// Whether a module that is an <see cref="ILearningRateModule"/> is given the suggestion, once everything else is as it was before the
    /// search. Default: true.
    /// </summary>
    public bool UpdateModule { get; set; } = true;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => MinLearningRate < MaxLearningRate
        ? []
        : [new ValidationResult($"MinLearningRate is {MinLearningRate} and MaxLearningRate {MaxLearningRate}; the first must be less.")];
}

/// <summary>How the learning rates of a search lie between the first and the last.</summary>
public enum LearningRateSpacing
{
    /// <summary>Each is the one before times the same factor.</summary>
    Exponential,

    /// <summary>Each is the one before plus the same amount.</summary>
    Linear,
}
