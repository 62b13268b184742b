using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

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
