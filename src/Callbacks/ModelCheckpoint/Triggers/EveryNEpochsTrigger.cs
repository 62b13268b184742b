namespace Fulgurite.Callbacks.Triggers;

/// <summary>In every so many epochs: after their validations, or at their end.</summary>
/// <param name="epochs">In which: those whose number, from one, this divides.</param>
/// <param name="onTrainEpochEnd">True for at their end, false for after each of their validations; null for the latter where the run validates.</param>
public sealed class EveryNEpochsTrigger(int epochs, bool? onTrainEpochEnd = null) : ICheckpointTrigger
{
    /// <summary>In which epochs: those whose number, from one, this divides.</summary>
    public int Epochs { get; } = Positive(epochs);

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment)
    {
        var kind = onTrainEpochEnd ?? !moment.HasValidation ? CheckpointMomentKind.TrainEpochEnd : CheckpointMomentKind.ValidationEnd;
        return moment.Kind == kind && (moment.Epoch + 1) % Epochs == 0;
    }

    private static int Positive(int epochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        return epochs;
    }
}
