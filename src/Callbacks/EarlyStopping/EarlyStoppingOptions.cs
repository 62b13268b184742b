using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

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
