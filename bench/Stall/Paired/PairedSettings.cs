namespace Fulgurite.Bench.Stall.Paired;

/// <summary>What <c>stall --paired</c> was asked for.</summary>
/// <param name="Stall">The training, and where checkpoints go.</param>
/// <param name="Threads">How many threads compute; each is measured by itself.</param>
/// <param name="Block">Steps of a block.</param>
/// <param name="Seconds">How long each is measured.</param>
internal sealed record PairedSettings(StallSettings Stall, IReadOnlyList<int> Threads, int Block, double Seconds);
