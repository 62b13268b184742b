using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Which metric an <see cref="EarlyStopping"/> follows and when it has seen enough.</summary>
public sealed class EarlyStoppingOptions
{
    /// <summary>The metric. Default: <c>val_loss</c>.</summary>
    [Required]
    public string Monitor { get; set; } = "val_loss";

    /// <summary>Which values of the metric are better. Default: smaller ones.</summary>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>By how much the best value must be beaten, in the unit of the metric, to count as better. Default: 0.</summary>
    [Range(0, double.MaxValue)]
    public double MinDelta { get; set; }

    /// <summary>How many checks in a row may pass without a better value; the one that reaches this number stops the run. Default: 3.</summary>
    [Range(0, int.MaxValue)]
    public int Patience { get; set; } = 3;

    /// <summary>Whether a metric that was never logged is an error; else it is said once and the check is left out. Default: true.</summary>
    public bool Strict { get; set; } = true;

    /// <summary>Whether NaN or an infinity stops the run at once. Default: true.</summary>
    public bool CheckFinite { get; set; } = true;

    /// <summary>The run stops at once when the metric is better than this; null for no such limit. Default: null.</summary>
    public double? StoppingThreshold { get; set; }

    /// <summary>The run stops at once when the metric is worse than this; null for no such limit. Default: null.</summary>
    public double? DivergenceThreshold { get; set; }

    /// <summary>
    /// Whether it checks at the end of training epochs, rather than of validations; null for validations where the fit has some, and
    /// epochs elsewhere. Default: null.
    /// </summary>
    public bool? CheckOnTrainEpochEnd { get; set; }
}

/// <summary>Why an <see cref="EarlyStopping"/> stopped a run.</summary>
public enum EarlyStoppingReason
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The metric was no longer getting better.</summary>
    PatienceExhausted,

    /// <summary>The metric was better than <see cref="EarlyStoppingOptions.StoppingThreshold"/>.</summary>
    StoppingThreshold,

    /// <summary>The metric was worse than <see cref="EarlyStoppingOptions.DivergenceThreshold"/>.</summary>
    DivergenceThreshold,

    /// <summary>The metric was NaN or infinite.</summary>
    NotFinite,
}
