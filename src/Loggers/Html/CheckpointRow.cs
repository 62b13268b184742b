namespace Fulgurite.Loggers;

/// <summary>A save of the run.</summary>
/// <param name="Step">The optimizer steps of the saved state.</param>
/// <param name="Name">The name of its file.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Stall">How long training waited for it, in seconds.</param>
/// <param name="Write">How long it was being written, in seconds.</param>
/// <param name="Score">The value of the metric that it was compared by; null if there was none.</param>
internal sealed record CheckpointRow(long Step, string Name, string Outcome, long Bytes, double Stall, double Write, double? Score);
