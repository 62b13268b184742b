
namespace Fulgurite.Callbacks;

/// <summary>
/// A callback that saves checkpoints. The trainer recognises every subclass: it comes last in the callback order, appears in
/// <see cref="Trainer.CheckpointCallbacks"/>, and takes the place of the default.
/// </summary>
public abstract class Checkpoint : Callback
{
    /// <inheritdoc/>
    public override bool RunsInFastDevRun => false;

    /// <summary>Whether it saves weights alone, so that an optimizer whose state cannot be saved does not matter. Default: false.</summary>
    public virtual bool SavesWeightsOnly => false;

    /// <summary>The path of the best checkpoint that is durable; null where there is none or nothing is compared.</summary>
    public virtual string? BestModelPath => null;

    /// <summary>The path of the newest checkpoint that is durable; null where there is none.</summary>
    public virtual string? LastModelPath => null;

    /// <summary>Whether there is a best state, in memory or as a file that is durable. Default: whether <see cref="BestModelPath"/> is there.</summary>
    public virtual bool HasBest => BestModelPath is not null;

    /// <summary>The best state, where the callback keeps it in memory, be it written or not. The caller disposes it. Default: null, it keeps none.</summary>
    public virtual State.TrainingState? ShareBestState() => null;

    /// <summary>Finds the newest checkpoint to go on from, of this run or of an earlier one. Default: <see cref="LastModelPath"/>.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>Its path; null where there is none.</returns>
    /// <exception cref="CheckpointCorruptException">There are files, and all of them are damaged.</exception>
    public virtual string? FindLast(Trainer trainer) => LastModelPath;

    /// <summary>Saves the state of the run under one or more paths; it is captured once.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    /// <param name="saves">Each path with how it is saved.</param>
    /// <returns>A save operation for each path, in order.</returns>
    protected static IReadOnlyList<SaveOperation> Save(Trainer trainer, bool weightsOnly, params ReadOnlySpan<(string Path, SaveOptions? Options)> saves)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var operations = new SaveOperation[saves.Length];
        using var state = trainer.CaptureState(weightsOnly);
        for (var index = 0; index < saves.Length; index++)
        {
            operations[index] = trainer.SaveCheckpoint(state, saves[index].Path, saves[index].Options);
        }

        return operations;
    }

    /// <summary>
    /// Tries whether checkpoints can be saved in a folder, so that a training of days does not find out at its end; from
    /// <see cref="Callback.OnFitStart"/>. Where <see cref="TrainerOptions.OnCheckpointFailure"/> says to go on, a failure is only logged.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="directory">The folder, or a URL.</param>
    /// <exception cref="CheckpointException">They cannot.</exception>
    protected static void TryDirectory(Trainer trainer, string directory)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        trainer.Run.Checkpoints.Probe(directory);
    }

    /// <summary>
    /// Makes the memory ready for snapshots that the callback will hold (<see cref="StateSnapshotExtensions.TakeSnapshot"/>), where the
    /// <see cref="CheckpointIO"/> can; in the background. From <see cref="Callback.OnTrainStart"/>.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out of them.</param>
    /// <param name="count">How many it will hold at a time.</param>
    protected static void PrepareSnapshots(Trainer trainer, bool weightsOnly, int count)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        if (trainer.Strategy.CheckpointIO.GetCapability<ICheckpointCapture>() is { } capture)
        {
            try
            {
                using var state = StateCapture.Describe(trainer, trainer.Session("There is nothing to hold"), weightsOnly);
                capture.PrepareSnapshots(state, count);
            }
            catch (NotSupportedException)
            {
                // An optimizer whose state cannot be captured: a snapshot that asks for it says so.
            }
        }
    }
}
