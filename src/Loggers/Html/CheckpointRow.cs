namespace Fulgurite.Loggers;

/// <summary>A save of the run.</summary>
/// <param name="Step">The number of optimizer steps when it ended.</param>
/// <param name="Name">The name of its file.</param>
/// <param name="Outcome">The result.</param>
/// <param name="Bytes">The size in bytes.</param>
/// <param name="Stall">The time training waited for it, in seconds.</param>
/// <param name="Write">The write time, in seconds.</param>
/// <param name="Score">The value of the monitored metric; null if there is none.</param>
internal sealed record CheckpointRow(long Step, string Name, string Outcome, long Bytes, double Stall, double Write, double? Score);
