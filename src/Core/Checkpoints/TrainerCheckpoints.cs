using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// Extends <see cref="Trainer"/> with explicit checkpoint operations. In most cases, callbacks and <c>checkpointPath</c> are sufficient.
/// </summary>
public static class TrainerCheckpoints
{
    /// <summary>
    /// Finds the checkpoint from which to resume a run: <c>FitAsync(..., checkpointPath: trainer.FindLastCheckpoint())</c> starts from
    /// scratch the first time and resumes afterwards.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>
    /// The path that <c>last</c> resolves to; null if there is no checkpoint or no checkpoint callback, or in a trial run.
    /// </returns>
    /// <exception cref="CheckpointCorruptException">
    /// There are checkpoints, and all are corrupt. Remove them to start from scratch.
    /// </exception>
    public static string? FindLastCheckpoint(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.IsFastDevRun ? null : trainer.Run.Search.FindLast();
    }

    /// <summary>
    /// Assembles the state of a checkpoint from live tensors. Save it immediately, because later steps change the tensors. Saving the same
    /// state under several paths captures it only once.
    /// </summary>
    /// <remarks>
    /// After a fit that ended without an error, the state is that of its end, until the next fit, until the trainer or the module is
    /// disposed, or until an evaluation loads a checkpoint. Metrics are the newest ones.
    /// </remarks>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether to exclude optimizers, callbacks and loops.</param>
    /// <exception cref="InvalidOperationException">No fit is running, and the last one cannot be saved any more.</exception>
    /// <exception cref="ObjectDisposedException">No fit is running, and the trainer is disposed.</exception>
    public static TrainingState CaptureState(this Trainer trainer, bool weightsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var session = trainer.SessionToSave();
        var ended = trainer.Run.Session is null ? trainer.Run.Ended : null;
        if (trainer.Run.Options.MaxTime is not null)
        {
            trainer.Run.Progress.Elapsed = ended?.Elapsed ?? trainer.Run.Limits.Elapsed;
        }

        if ((ended?.Random ?? trainer.Run.RandomBeforeValidation) is not { } before)
        {
            return StateCapture.Capture(trainer, session, weightsOnly);
        }

        // The validation, or later evaluations and the program itself, may have drawn random numbers.
        var random = RandomState.Capture();
        RandomState.Apply(before);
        try
        {
            return StateCapture.Capture(trainer, session, weightsOnly);
        }
        finally
        {
            RandomState.Apply(random);
        }
    }

    /// <summary>
    /// Saves a state. The operation and the hooks of callbacks report the outcome; <see cref="TrainerOptions.OnCheckpointFailure"/>
    /// determines the effect of a failure.
    /// </summary>
    /// <remarks>
    /// Outside a fit, the method returns when the checkpoint is durable, and a failure is thrown unless the policy is to continue. Where
    /// several processes train together, all of them make the call.
    /// </remarks>
    /// <param name="trainer">The trainer.</param>
    /// <param name="state">The result of <see cref="CaptureState"/>.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="CheckpointException">No fit is running, and the checkpoint could not be saved.</exception>
    public static SaveOperation SaveCheckpoint(this Trainer trainer, TrainingState state, string path, SaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.Run.Checkpoints.Save(state, path, options);
    }

    /// <summary>
    /// Saves the current state of the fit, or that of the last fit after its end (<see cref="CaptureState"/>); see
    /// <see cref="SaveCheckpoint(Trainer, TrainingState, string, SaveOptions?)"/>.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="weightsOnly">Whether to exclude optimizers, callbacks and loops.</param>
    public static SaveOperation SaveCheckpoint(this Trainer trainer, string path, SaveOptions? options = null, bool weightsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = trainer.CaptureState(weightsOnly);
        return trainer.SaveCheckpoint(state, path, options);
    }

    /// <summary>Removes a checkpoint of the run. A failed removal is logged and leaves the file, but does not end the run.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">The path of the checkpoint.</param>
    public static void RemoveCheckpoint(this Trainer trainer, string path)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        trainer.Run.Checkpoints.Remove(path);
    }

    /// <summary>Loads only the weights of a checkpoint, or of a plain weight file of another program, into a module.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">
    /// A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks. The file may be a checkpoint, a saved <c>state_dict</c>,
    /// safetensors, the <c>*.index.json</c> of a sharded model, or a module file of TorchSharp.
    /// </param>
    /// <param name="strict">
    /// Whether the weights must match the module exactly; null for <see cref="TrainingModule.StrictLoading"/>. Default: null.
    /// </param>
    /// <exception cref="InvalidOperationException">The weights do not match; the module is unchanged.</exception>
    /// <exception cref="ArgumentException">The setting of the module and <paramref name="strict"/> differ.</exception>
    /// <returns>The weights that were skipped by a non-strict load.</returns>
    public static WeightsReport LoadWeights(this Trainer trainer, TrainingModule module, string checkpointPath, bool? strict = null) =>
        trainer.LoadWeights(module, checkpointPath, new WeightsOptions { Strict = strict });

    /// <summary>Loads weights from a file that uses other names, contains several sets of weights, or matches only in part.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks, as above.</param>
    /// <param name="options">The part of the file, the prefixes, and the permitted differences.</param>
    /// <returns>The weights that were skipped by a non-strict load.</returns>
    /// <exception cref="InvalidOperationException">The weights do not match; the module is unchanged.</exception>
    public static WeightsReport LoadWeights(this Trainer trainer, TrainingModule module, string checkpointPath, WeightsOptions options)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(options);
        return trainer.Run.Loads.LoadWeights(module, checkpointPath, options);
    }

    /// <summary>Loads only the weights of a state in memory into a module, atomically.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="state">The state, such as that of a <see cref="StateSnapshot"/>.</param>
    /// <exception cref="InvalidOperationException">The state belongs to a different module.</exception>
    public static void LoadWeights(this Trainer trainer, TrainingModule module, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(state);
        var weights = NamedWeights.In(state.Root, "in memory", new WeightsOptions());
        var (_, copies) = ModuleWeights.Check(weights, module, "in memory", strict: true);
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        copies.Run();
    }

    /// <summary>Creates a module from the hyperparameters of a checkpoint and loads its weights.</summary>
    /// <typeparam name="TModule">The type of the module.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks.</param>
    /// <param name="make">
    /// Creates the module from its <see cref="TrainingModule.HyperParameters"/>; the map is empty if the checkpoint has none.
    /// </param>
    /// <param name="strict">Whether the weights must match the module exactly; null for the setting of the module. Default: null.</param>
    /// <exception cref="InvalidOperationException">The weights do not match.</exception>
    public static TModule LoadFromCheckpoint<TModule>(
        this Trainer trainer, string checkpointPath, Func<StateMap, TModule> make, bool? strict = null)
        where TModule : TrainingModule
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(make);
        return trainer.Run.Loads.LoadModule(checkpointPath, make, strict);
    }

    /// <summary>Reads only the hyperparameters of a checkpoint.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks.</param>
    /// <returns>The <see cref="TrainingModule.HyperParameters"/>; empty if the checkpoint has none.</returns>
    public static StateMap ReadHyperParameters(this Trainer trainer, string checkpointPath)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.Run.Loads.ReadHyperParameters(checkpointPath);
    }
}

/// <summary>Extends <see cref="Trainer"/> with rollback to in-memory snapshots.</summary>
public static class TrainerSnapshots
{
    /// <summary>
    /// Keeps the current state of the run in memory. The copy of optimizer-controlled tensors may continue until the next step. Call it in
    /// hooks.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The snapshot. The caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No fit is running.</exception>
    public static StateSnapshot TakeSnapshot(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = trainer.CaptureState();
        return trainer.Strategy.CheckpointIO.TakeSnapshot(state);
    }

    /// <summary>
    /// Rolls back to a snapshot of this run and continues with the next batch: restores weights, buffers, optimizers, schedulers, random
    /// number generators, metrics, step counters and callback states. The data position and the file records of checkpoint callbacks are
    /// not restored. Gradients of an incomplete accumulation window are discarded.
    /// </summary>
    /// <remarks>Call it in hooks of a batch, epoch or validation, but not between the backward pass and the optimizer step.</remarks>
    /// <param name="trainer">The trainer.</param>
    /// <param name="snapshot">The result of <see cref="TakeSnapshot"/>.</param>
    /// <exception cref="InvalidOperationException">No fit is running, or the snapshot belongs to another fit.</exception>
    public static void RollBack(this Trainer trainer, StateSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(snapshot);
        var session = trainer.Session("There is nothing to go back to");
        using var state = snapshot.State.Edit();
        new StateRestore(trainer, session, "snapshot", trainer.Log).RollBack(state);
    }
}
