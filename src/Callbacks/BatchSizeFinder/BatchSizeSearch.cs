namespace Fulgurite.Callbacks;

/// <summary>What a search for a batch size has found.</summary>
/// <param name="BatchSize">The largest size that fits; null where not even the first does.</param>
/// <param name="Trials">What was tried, in order.</param>
public sealed record BatchSizeSearch(int? BatchSize, IReadOnlyList<BatchSizeTrial> Trials);
