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

/// <summary>One trial of a search for a batch size.</summary>
/// <param name="BatchSize">The size.</param>
/// <param name="Fits">Whether there was memory for it.</param>
/// <param name="Failure">The error message of libtorch if it did not fit; otherwise null.</param>
public sealed record BatchSizeTrial(int BatchSize, bool Fits, string? Failure);

/// <summary>What a search for a batch size has found.</summary>
/// <param name="BatchSize">The largest size that fits; null where not even the first does.</param>
/// <param name="Trials">What was tried, in order.</param>
public sealed record BatchSizeSearch(int? BatchSize, IReadOnlyList<BatchSizeTrial> Trials);
