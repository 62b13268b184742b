using Fulgurite.IO;

namespace Fulgurite.Strategies;

/// <summary>How a save of rank 0 has ended, for the other processes.</summary>
internal sealed record SaveEnd(CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure);
