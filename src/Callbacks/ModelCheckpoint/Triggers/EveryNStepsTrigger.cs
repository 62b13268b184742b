namespace Fulgurite.Callbacks.Triggers;

/// <summary>After every so many optimizer steps.</summary>
/// <param name="steps">How many; several batches that share a step count once.</param>
public sealed class EveryNStepsTrigger(int steps) : ICheckpointTrigger
{
    /// <summary>How many.</summary>
    public int Steps { get; } = Positive(steps);

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment) =>
        moment.GlobalStep > 0 && moment.GlobalStep % Steps == 0 && moment.Kind switch
        {
            CheckpointMomentKind.TrainBatchEnd => moment.Stepped,
            CheckpointMomentKind.TrainEpochEnd => true, // A step at the end of data of unknown length belongs to no batch.
            _ => false,
        };

    private static int Positive(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        return steps;
    }
}
