using Fulgurite.State;

namespace Fulgurite;

/// <summary>What a <see cref="Trainer"/> does with checkpoints by hand. Callbacks that save, and <c>checkpointPath</c>, mostly do it for you.</summary>
public static class TrainerCheckpoints
{
    /// <summary>
    /// Finds what a run that may have been started before goes on from: <c>FitAsync(..., checkpointPath: trainer.FindLastCheckpoint())</c>
    /// starts anew the first time and goes on every other time.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The path of what <c>last</c> means; null where there is no checkpoint yet, no callback that saves any, or only a trial run.</returns>
    /// <exception cref="CheckpointCorruptException">There are checkpoints, and all of them are damaged. To start anew, remove them.</exception>
    public static string? FindLastCheckpoint(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.IsFastDevRun ? null : trainer.Run.Checkpoints.FindLast();
    }

    /// <summary>
    /// Gathers what a checkpoint holds, of live tensors. Save it at once: later steps change them. Saving the same state under several
    /// paths captures it once.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public static TrainingState CaptureState(this Trainer trainer, bool weightsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var session = trainer.Session("There is nothing to save");
        if (trainer.Run.Options.MaxTime is not null)
        {
            trainer.Run.Progress.Elapsed = trainer.Run.Limits.Elapsed;
        }

        return StateCapture.Capture(trainer, session, weightsOnly);
    }

    /// <summary>Saves a state; how it ended is told by the operation, to callbacks, and by <see cref="TrainerOptions.OnCheckpointFailure"/>.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="state">What <see cref="CaptureState"/> gave.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static SaveOperation SaveCheckpoint(this Trainer trainer, TrainingState state, string path, SaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.Run.Checkpoints.Save(state, path, options);
    }

    /// <summary>Saves the run as it is; see <see cref="SaveCheckpoint(Trainer, TrainingState, string, SaveOptions?)"/>.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="weightsOnly">Whether optimizers, callbacks and loops are left out.</param>
    public static SaveOperation SaveCheckpoint(this Trainer trainer, string path, SaveOptions? options = null, bool weightsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = trainer.CaptureState(weightsOnly);
        return trainer.SaveCheckpoint(state, path, options);
    }

    /// <summary>Removes a checkpoint of the run; a removal that fails is logged and leaves the file behind, but does not end the run.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">Which.</param>
    public static void RemoveCheckpoint(this Trainer trainer, string path)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        trainer.Run.Checkpoints.Remove(path);
    }

    /// <summary>Loads the weights of a checkpoint, or of a plain weight file of another program, into a module and changes nothing else.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">
    /// A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks. The file may be a checkpoint, a saved <c>state_dict</c>, safetensors, the
    /// <c>*.index.json</c> of a sharded model, or a module file of TorchSharp.
    /// </param>
    /// <param name="strict">Whether they have to be exactly the module's; null for what <see cref="TrainingModule.StrictLoading"/> says. Default: null.</param>
    /// <exception cref="InvalidOperationException">They do not fit; the module is unchanged.</exception>
    /// <exception cref="ArgumentException">The module and <paramref name="strict"/> say different things.</exception>
    /// <returns>The weights that were left out, in a non-strict load.</returns>
    public static WeightsReport LoadWeights(this Trainer trainer, TrainingModule module, string checkpointPath, bool? strict = null) =>
        trainer.LoadWeights(module, checkpointPath, new WeightsOptions { Strict = strict });

    /// <summary>Loads weights of a file that names them otherwise, holds several sets of them, or fits in part only.</summary>
    /// <inheritdoc cref="LoadWeights(Trainer, TrainingModule, string, bool?)"/>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks.</param>
    /// <param name="options">The part of the file, prefixes, and what may be left out.</param>
    public static WeightsReport LoadWeights(this Trainer trainer, TrainingModule module, string checkpointPath, WeightsOptions options)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(options);
        return trainer.Run.Checkpoints.LoadWeights(module, checkpointPath, options);
    }

    /// <summary>Puts the weights of a state that is in memory into a module, and nothing else; all or none.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="state">The state, such as that of a <see cref="StateSnapshot"/>.</param>
    /// <exception cref="InvalidOperationException">The state was made by another module.</exception>
    public static void LoadWeights(this Trainer trainer, TrainingModule module, TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(state);
        var weights = NamedWeights.In(state.Root, "in memory", new WeightsOptions());
        ModuleWeights.Check(weights, module, "in memory", strict: true);
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(weights, module);
    }

    /// <summary>Makes a module as a checkpoint says that it was made, and loads its weights.</summary>
    /// <typeparam name="TModule">The module.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks.</param>
    /// <param name="make">Makes the module of its <see cref="TrainingModule.HyperParameters"/>; the map is empty where the checkpoint has none.</param>
    /// <param name="strict">Whether the weights have to be exactly the module's; null for what the module says. Default: null.</param>
    /// <exception cref="InvalidOperationException">The weights do not fit.</exception>
    public static TModule LoadFromCheckpoint<TModule>(this Trainer trainer, string checkpointPath, Func<StateMap, TModule> make, bool? strict = null)
        where TModule : TrainingModule
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(make);
        return trainer.Run.Checkpoints.LoadModule(checkpointPath, make, strict);
    }

    /// <summary>Reads what the module of a checkpoint was made with, and nothing else of it.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="checkpointPath">A path, or <c>last</c> or <c>best</c> of the checkpoint callbacks.</param>
    /// <returns>The <see cref="TrainingModule.HyperParameters"/>; empty where the checkpoint has none.</returns>
    public static StateMap ReadHyperParameters(this Trainer trainer, string checkpointPath)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer.Run.Checkpoints.ReadHyperParameters(checkpointPath);
    }
}
