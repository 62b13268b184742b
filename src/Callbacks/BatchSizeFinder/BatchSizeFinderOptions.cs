using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of a batch-size search.</summary>
public sealed class BatchSizeFinderOptions
{
    /// <summary>Gets or sets the first size, which is doubled while it fits.</summary>
    /// <value>The default is 2.</value>
    [Range(1, int.MaxValue)]
    public int InitialBatchSize { get; set; } = 2;

    /// <summary>Gets or sets the largest size to try.</summary>
    /// <value>The default is 65536.</value>
    [Range(1, int.MaxValue)]
    public int MaxBatchSize { get; set; } = 65_536;

    /// <summary>Gets or sets the number of optimizer steps per trial.</summary>
    /// <value>The default is 3.</value>
    [Range(1, int.MaxValue)]
    public int StepsPerTrial { get; set; } = 3;

    /// <summary>Gets or sets the maximum number of trials.</summary>
    /// <value>The default is 25.</value>
    [Range(1, int.MaxValue)]
    public int MaxTrials { get; set; } = 25;

    /// <summary>
    /// Gets or sets a value indicating whether the gap between the largest size that fits and the smallest that does not is bisected.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Refine { get; set; }
}

/// <summary>One trial of a batch-size search.</summary>
/// <param name="BatchSize">The size.</param>
/// <param name="Fits">True if memory sufficed; otherwise, false.</param>
/// <param name="Failure">The error message of libtorch if it did not fit; otherwise null.</param>
public sealed record BatchSizeTrial(int BatchSize, bool Fits, string? Failure);

/// <summary>The result of a batch-size search.</summary>
/// <param name="BatchSize">The largest size that fits; null if the first size does not fit.</param>
/// <param name="Trials">The trials, in order.</param>
public sealed record BatchSizeSearch(int? BatchSize, IReadOnlyList<BatchSizeTrial> Trials);

/// <summary>Recognizes exhausted memory by the text of the error message, because libtorch has no error code for it.</summary>
internal static class MemoryShortage
{
    private static readonly string[] Words =
        ["out of memory", "can't allocate memory", "not enough memory", "CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED"];

    public static bool Is(Exception exception) =>
        exception is OutOfMemoryException || Words.Any(word => exception.Message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
