namespace Fulgurite;

/// <summary>
/// The base class of callbacks that save checkpoints. The trainer runs them last, lists them in
/// <see cref="Trainer.CheckpointCallbacks"/>, and adds no default checkpoint callback if there is one.
/// </summary>
public abstract class Checkpoint : Callback
{
    private readonly OwnSaves _saves = new();

    /// <inheritdoc/>
    public override bool RunsInFastDevRun => false;

    /// <summary>
    /// Gets a value that indicates whether only weights are saved, so that optimizers without a savable state are allowed.
    /// </summary>
    /// <value>The default is false.</value>
    public virtual bool SavesWeightsOnly => false;

    /// <summary>Gets the path of the best durable checkpoint; null if there is none or checkpoints are not compared.</summary>
    public virtual string? BestModelPath => null;

    /// <summary>Gets the path of the newest durable checkpoint; null if there is none. The default is that of the newest save.</summary>
    public virtual string? LastModelPath => _saves.Newest;

    /// <summary>Gets a value that indicates whether there is a best state, in memory or as a durable checkpoint.</summary>
    /// <value>The default is true if <see cref="BestModelPath"/> is not null.</value>
    public virtual bool HasBest => BestModelPath is not null;

    /// <summary>
    /// Returns the best state if the callback keeps it in memory, written or not; otherwise, null, which is the default. The caller
    /// disposes the result.
    /// </summary>
    public virtual TrainingState? ShareBestState() => null;

    /// <summary>
    /// Returns the folder of the checkpoints, or a URL. Before the first step, the trainer tests whether there is room and whether files
    /// can be created; after a restart, <see cref="FindLast"/> searches it. The default is
    /// <see cref="TrainerOptions.DefaultRootDirectory"/>, for which a failed test is only a warning, because the callback may save
    /// elsewhere.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The folder; null if it is not known before the first save.</returns>
    public virtual string? GetDirectory(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.Options.DefaultRootDirectory;
    }

    /// <summary>
    /// Returns the newest checkpoint to resume from, including those of earlier runs. The default is <see cref="LastModelPath"/>, or else
    /// the file with the latest position in <see cref="GetDirectory"/> whose extension is <c>.ckpt</c> or
    /// <see cref="CheckpointIO.FileExtension"/>.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The path of the checkpoint; null if there is none.</returns>
    /// <exception cref="CheckpointCorruptException">There are checkpoints, and all of them are corrupt.</exception>
    public virtual string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return OwnSaves.Find(trainer, LastModelPath, GetDirectory(trainer));
    }

    /// <summary>Saves the state of the run under one or more paths, with a single capture.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether to exclude optimizers, callbacks and loops.</param>
    /// <param name="saves">The paths and their options.</param>
    /// <returns>The save operations, in the order of the paths.</returns>
    protected IReadOnlyList<SaveOperation> Save(
        Trainer trainer, bool weightsOnly, params ReadOnlySpan<(string Path, SaveOptions? Options)> saves) =>
        Save(trainer, weightsOnly, [.. saves], static _ => true);

    /// <summary>
    /// Saves the state of the run under one path after another, with a single capture, as long as a condition holds. Use it if a save
    /// determines whether the next one is needed.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether to exclude optimizers, callbacks and loops.</param>
    /// <param name="saves">The paths and their options.</param>
    /// <param name="proceed">Called with each operation as soon as it is accepted; returns whether to continue with the next path.</param>
    /// <returns>The save operations, in the order of the paths; those that were skipped are missing.</returns>
    protected IReadOnlyList<SaveOperation> Save(
        Trainer trainer,
        bool weightsOnly,
        IReadOnlyList<(string Path, SaveOptions? Options)> saves,
        Func<SaveOperation, bool> proceed)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(saves);
        ArgumentNullException.ThrowIfNull(proceed);
        List<SaveOperation> operations = [];
        using var state = trainer.CaptureState(weightsOnly);
        foreach (var (path, options) in saves)
        {
            operations.Add(trainer.Run.Checkpoints.Save(state, path, options));
            _saves.Add(this, trainer, operations[^1]);
            if (!proceed(operations[^1]))
            {
                break;
            }
        }

        return operations;
    }

    /// <summary>
    /// Prepares memory in the background for snapshots that the callback will hold (<see cref="StateSnapshotExtensions.TakeSnapshot"/>), if
    /// the <see cref="CheckpointIO"/> supports it. Call it in <see cref="Callback.OnTrainStart"/>.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether the snapshots exclude optimizers, callbacks and loops.</param>
    /// <param name="count">The number of snapshots held at the same time.</param>
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
                // The state of an optimizer cannot be captured; a snapshot that requires it reports the error.
            }
        }
    }
}
