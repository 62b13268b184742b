using Fulgurite.State;

namespace Fulgurite;

/// <summary>Where in its run a checkpoint was saved.</summary>
/// <param name="Epoch">Epochs completed.</param>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Batch">Batches of the epoch that were used.</param>
public readonly record struct CheckpointPosition(int Epoch, long GlobalStep, int Batch) : IComparable<CheckpointPosition>
{
    /// <summary>What of a checkpoint has to be loaded to know its position: some hundred bytes.</summary>
    internal static readonly IReadOnlyCollection<string> Keys =
        [CheckpointKeys.Epoch, CheckpointKeys.GlobalStep, CheckpointKeys.Loops, $"{CheckpointKeys.Fulgurite}.progress"];

    /// <summary>Whether one is further in its run.</summary>
    public static bool operator >(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is less far in its run.</summary>
    public static bool operator <(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is as far in its run, or further.</summary>
    public static bool operator >=(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Whether one is as far in its run, or less far.</summary>
    public static bool operator <=(CheckpointPosition left, CheckpointPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Compares how far two are in their run: by epoch, then by step, then by batch.</summary>
    /// <param name="other">The other one.</param>
    public int CompareTo(CheckpointPosition other) => (Epoch, GlobalStep, Batch).CompareTo((other.Epoch, other.GlobalStep, other.Batch));

    /// <summary>The position that a state says, or a part of one with <see cref="Keys"/>; null where it says none, such as one of weights alone.</summary>
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
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or OverflowException or ArgumentException or FormatException)
        {
            // Some other program has its own idea of what these keys hold.
        }

        return null;
    }
}
