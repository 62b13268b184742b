using Fulgurite.State;

namespace Fulgurite;

/// <summary>The position in a run at which a checkpoint was saved.</summary>
/// <param name="Epoch">The number of completed epochs.</param>
/// <param name="GlobalStep">The number of completed optimizer steps.</param>
/// <param name="Batch">The number of used batches in the current epoch.</param>
public readonly record struct CheckpointPosition(int Epoch, long GlobalStep, int Batch) : IComparable<CheckpointPosition>
{
    /// <summary>The parts of a checkpoint that contain its position: some hundred bytes.</summary>
    internal static readonly IReadOnlyCollection<string> Keys =
        [CheckpointKeys.Epoch, CheckpointKeys.GlobalStep, CheckpointKeys.Loops, $"{CheckpointKeys.Fulgurite}.progress"];

    /// <summary>Returns whether the left position is after the right one.</summary>
    public static bool operator >(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) > 0;

    /// <summary>Returns whether the left position is before the right one.</summary>
    public static bool operator <(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) < 0;

    /// <summary>Returns whether the left position is after or equal to the right one.</summary>
    public static bool operator >=(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Returns whether the left position is before or equal to the right one.</summary>
    public static bool operator <=(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Compares two positions by epoch, then by step, then by batch.</summary>
    /// <param name="other">The other position.</param>
    public int CompareTo(CheckpointPosition other) => (Epoch, GlobalStep, Batch).CompareTo((other.Epoch, other.GlobalStep, other.Batch));

    /// <summary>
    /// Returns the position in a state, or in the part of one with <see cref="Keys"/>; null if there is none, as in a weights-only
    /// checkpoint.
    /// </summary>
    internal static CheckpointPosition? Of(TrainingState state)
    {
        try
        {
            if (state.Find($"{CheckpointKeys.Fulgurite}.progress") is StateMap own)
            {
                var progress = new RunProgress();
                progress.LoadStateDict(own);
                return new CheckpointPosition(progress.Epochs, progress.GlobalStep, progress.Batches);
            }

            if (state.Root.ContainsKey(CheckpointKeys.Epoch) && state.Root.ContainsKey(CheckpointKeys.GlobalStep))
            {
                var progress = LightningProgress.Read(state);
                return new CheckpointPosition(progress.Epochs, progress.GlobalStep, progress.Batches);
            }
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or OverflowException
            or ArgumentException or FormatException)
        {
            // Another program uses these keys for other values.
        }

        return null;
    }
}
