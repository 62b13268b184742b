namespace Fulgurite.Callbacks;

/// <summary>One trial of a search for a batch size.</summary>
/// <param name="BatchSize">The size.</param>
/// <param name="Fits">Whether there was memory for it.</param>
/// <param name="Failure">The error message of libtorch if it did not fit; otherwise null.</param>
public sealed record BatchSizeTrial(int BatchSize, bool Fits, string? Failure);
