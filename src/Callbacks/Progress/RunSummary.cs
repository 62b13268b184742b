using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>The summary of a run at its end.</summary>
internal sealed class RunSummary(TimeProvider time)
{
    private long _start;
    private long _firstStep;
    private string _how = Completed;

    private const string Completed = "Completed";

    public void Start(Trainer trainer) => (_start, _firstStep, _how) = (time.GetTimestamp(), trainer.GlobalStep, Completed);

    public void End(string how) => _how = how;

    public IReadOnlyList<StyledLine> Lines(Trainer trainer)
    {
        var stopping = trainer.Callbacks.OfType<EarlyStopping>().FirstOrDefault(callback => callback.Reason != EarlyStoppingReason.None);
        var how = _how == Completed && trainer.StopRequested ? "Stopped early" : _how;
        var elapsed = time.GetElapsedTime(_start);
        var steps = trainer.GlobalStep - _firstStep;
        var rate = elapsed.TotalSeconds > 0 ? steps / elapsed.TotalSeconds : 0;
        var resumed = _firstStep > 0
            ? string.Create(CultureInfo.InvariantCulture, $" ({steps} of them since it was resumed)")
            : string.Empty;
        var lines = new List<StyledLine>
        {
            new(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{how} after {ProgressText.Count(trainer.GlobalStep, "step")}{resumed} and "
                        + $"{ProgressText.Count(trainer.CurrentEpoch, "epoch")} in "
                        + $"{ProgressText.Duration(elapsed.TotalSeconds)}, {rate:0.0} steps/s"),
                _how == Completed ? StyledLine.Bold : StyledLine.Red) { Wraps = true },
        };
        if (stopping?.ReasonText is { } reason)
        {
            lines.Add(new StyledLine($"Early stopping: {reason}") { Wraps = true });
        }

        if (trainer.CheckpointCallback is { BestModelPath: { } best } checkpoint)
        {
            // Without a monitored metric the newest checkpoint is kept, not the best.
            var name = checkpoint is ModelCheckpoint { Options.Monitor: null } ? "Saved" : "Best";
            var score = checkpoint is ModelCheckpoint { BestModelScore: { } value, Options.Monitor: { } monitor }
                ? $" {monitor} {ProgressText.Number(value)}"
                : string.Empty;
            lines.Add(new StyledLine($"{name}{score}: {best}") { Wraps = true });
        }

        if (trainer.CheckpointCosts is { Saves: > 0 } costs)
        {
            lines.Add(new StyledLine(costs.ToString(), costs.Failed > 0 ? StyledLine.Red : StyledLine.Plain) { Wraps = true });
        }

        return lines;
    }
}
