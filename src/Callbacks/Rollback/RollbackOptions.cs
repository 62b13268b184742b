using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="Rollback"/> goes back, and how far.</summary>
public sealed class RollbackOptions
{
    /// <summary>
    /// Every how many optimizer steps the run is held in memory; there is one more at the start of each epoch. Going back loses at most about two
    /// times this. Default: 50.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int EveryNSteps { get; set; } = 50;

    /// <summary>
    /// A loss above this many times the median of the last <see cref="Window"/> is a spike; null for no such check, so that only NaN and infinity count.
    /// For losses above zero. Default: null.
    /// </summary>
    [Range(1.0, double.MaxValue, MinimumIsExclusive = true)]
    public double? SpikeFactor { get; set; }

    /// <summary>How many losses the median is taken of; spikes are looked for once there are so many. Default: 50.</summary>
    [Range(1, 1_000_000)]
    public int Window { get; set; } = 50;

    /// <summary>How often the run may go back; one time more is an error that ends it. Default: 5.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRollbacks { get; set; } = 5;
}
