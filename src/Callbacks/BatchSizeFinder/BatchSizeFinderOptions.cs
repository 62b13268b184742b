using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Which batch sizes a search tries.</summary>
public sealed class BatchSizeFinderOptions
{
    /// <summary>The first size; it is doubled as long as it fits. Default: 2.</summary>
    [Range(1, int.MaxValue)]
    public int InitialBatchSize { get; set; } = 2;

    /// <summary>The largest size to try. Default: 65536.</summary>
    [Range(1, int.MaxValue)]
    public int MaxBatchSize { get; set; } = 65_536;

    /// <summary>How many optimizer steps show that a size fits. Default: 3.</summary>
    [Range(1, int.MaxValue)]
    public int StepsPerTrial { get; set; } = 3;

    /// <summary>How many trials there are at most. Default: 25.</summary>
    [Range(1, int.MaxValue)]
    public int MaxTrials { get; set; } = 25;

    /// <summary>
    /// Whether sizes between the last that fits and the first that does not are tried too, halving the gap; else the last power is it.
    /// Default: false.
    /// </summary>
    public bool Refine { get; set; }
}
