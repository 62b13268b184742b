using System.Runtime.InteropServices;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Applies a checkpoint to a run. The checkpoint is validated before anything is changed.</summary>
internal sealed class StateRestore(Trainer trainer, FitSession session, string path, ILogger logger)
{
    /// <summary>Applies a checkpoint after the module's <see cref="OnLoadCheckpointArguments"/> hook.</summary>
    public void Apply(TrainingState state)
    {
        // Hooks run before the optimizers are validated: a callback that had added groups adds them again.
        trainer.Run.Hooks.CallCallbacks(new OnLoadCheckpointArguments(trainer, session.Module, state));
        var weights = ModuleWeights.Of(state, path);
        var (report, copies) = ModuleWeights.Check(weights, session.Module, path, ModuleWeights.IsStrict(session.Module, strict: null));
        if (report.Missing.Count > 0)
        {
            // Only the others were looked at.
            ModuleWeights.CheckSavable(session.Module);
        }

        var saved = Section(
            state,
            CheckpointKeys.OptimizerStates,
            "It has only weights (SaveWeightsOnly), from which training cannot resume. To start from these weights, "
                + "call trainer.LoadWeights(module, path) and fit without a checkpointPath.");

        var optimizers = Read(() => ReadOptimizers(saved));
        var schedulers = Read(() => ReadSchedulers(state));
        var progress = Read(() => ReadProgress(state));
        Read(() => new MetricStore().TakeOver(state));
        Read(() => ReadRandom(state));
        using var gradients = Read(() => new SavedGradients(GradientsOf(state), session.Parameters));

        // Code of others comes before the weights are overwritten, because it may throw.
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        var isOthers = new CallbackRestore(trainer, path, logger).Apply(state);
        Part("Its metrics cannot be restored", () => trainer.Run.Resume(progress, state));
        if (state.Find($"{CheckpointKeys.Fulgurite}.data") is StateMap data)
        {
            Part("The state of its data cannot be restored", () => trainer.Run.Data?.LoadStateDict(data));
            isOthers = true;
        }

        if (isOthers)
        {
            ModuleWeights.ThrowIfReplaced(weights, copies, session.Module, path);
        }

        Part("The settings of its optimizers and schedulers cannot be restored", () => ApplySettings(optimizers, schedulers, state));
        copies.Run();
        ApplyOptimizers(optimizers, copies);
        copies.Run();
        gradients.Apply();
        if (ModuleWeights.Difference(report) is { Length: > 0 } difference)
        {
            CheckpointLoads.LogDifference(logger, path, difference);
        }
    }

    /// <summary>Applies a snapshot of the current run, except for the data position and the file records.</summary>
    public void RollBack(TrainingState state)
    {
        trainer.Run.Hooks.CallModuleFirst(new OnLoadCheckpointArguments(trainer, session.Module, state), includeCheckpoints: false);
        var weights = ModuleWeights.Of(state, path);
        var (_, copies) = ModuleWeights.Check(weights, session.Module, path, strict: true);
        var optimizers = Read(() => ReadOptimizers(state[CheckpointKeys.OptimizerStates]));
        var schedulers = Read(() => ReadSchedulers(state));
        trainer.Strategy.CheckpointIO.BeforeParametersChange();

        // The rollback runs in the dispose scope of a batch, which must not include long-lived optimizer tensors.
        using (var scope = NewDisposeScope())
        {
            ApplySettings(optimizers, schedulers, state);
            ApplyOptimizers(optimizers, copies);
            copies.Run();
            scope.Detach(scope.DisposablesView);
        }

        if (state.Root.TryGetValue(CheckpointKeys.Callbacks, out var saved))
        {
            foreach (var callback in trainer.Run.Callbacks.Observers)
            {
                if (saved.AsMap().TryGetValue(callback.StateKey, out var entry))
                {
                    callback.LoadStateDict(entry.AsMap());
                }
            }
        }

        session.ClearGradients();
        trainer.Run.Progress.Accumulated = 0;
        trainer.Run.Progress.GlobalStep = ReadProgress(state).GlobalStep;
        trainer.Run.Resume(trainer.Run.Progress, state);
        ApplyRandom(state);
    }

    /// <summary>Restores the RNG state. Called last, because other steps may use random numbers.</summary>
    /// <returns>true if the state has an RNG state; otherwise, false.</returns>
    public bool ApplyRandom(TrainingState state)
    {
        if (ReadRandom(state) is not { } random)
        {
            return false;
        }

        RandomState.Apply(random);
        return true;
    }

    /// <summary>Applies the settings of the groups, and the schedulers.</summary>
    private void ApplySettings(List<StateMap> optimizers, StateList schedulers, TrainingState state)
    {
        for (var index = 0; index < optimizers.Count; index++)
        {
            OptimizerStates.ApplySettings(optimizers[index], session.Optimizers[index]);
        }

        session.Schedulers.Load(schedulers, state.Find($"{CheckpointKeys.Fulgurite}.schedulers") as StateList);
        for (var index = 0; index < optimizers.Count; index++)
        {
            session.Schedulers.ReadGroups(session.Optimizers[index], optimizers[index]);
        }
    }

    private void ApplyOptimizers(List<StateMap> optimizers, TensorCopies copies)
    {
        for (var index = 0; index < optimizers.Count; index++)
        {
            OptimizerStates.ApplyTensors(optimizers[index], session.Optimizers[index], session.ParameterNames, copies);
        }
    }

    private List<StateMap> ReadOptimizers(StateValue saved)
    {
        var optimizers = saved.AsList();
        if (optimizers.Count != session.Optimizers.Count)
        {
            throw new InvalidOperationException(
                $"It has the state of {optimizers.Count} optimizers, but ConfigureOptimizers returned {session.Optimizers.Count}. "
                    + "Return the same optimizers in the same order, or load only the weights.");
        }

        for (var index = 0; index < optimizers.Count; index++)
        {
            OptimizerStates.Check(optimizers[index].AsMap(), session.Optimizers[index], index, session.ParameterNames);
        }

        return [.. optimizers.Select(optimizer => optimizer.AsMap())];
    }

    private StateList ReadSchedulers(TrainingState state)
    {
        var schedulers = state.Root.TryGetValue(CheckpointKeys.LrSchedulers, out var saved) ? saved.AsList() : new StateList();
        session.Schedulers.Check(schedulers);
        return schedulers;
    }

    private static RunProgress ReadProgress(TrainingState state)
    {
        if (!state.Root.TryGetValue(CheckpointKeys.Fulgurite, out var own))
        {
            return LightningProgress.Read(state);
        }

        var progress = new RunProgress();
        progress.LoadStateDict(own.AsMap()["progress"].AsMap());
        return progress;
    }

    private StateMap? GradientsOf(TrainingState state) => state.Find($"{CheckpointKeys.Fulgurite}.gradients") switch
    {
        StateMap gradients => gradients,
        StateList ranks => RankGradients.Of(ranks, trainer.Strategy.Collectives),
        _ => null,
    };

    private TensorData? ReadRandom(TrainingState state) =>
        state.Find($"{CheckpointKeys.Fulgurite}.rng") is StateMap random
            ? RandomState.Of(random, trainer.Strategy.Collectives.Rank)
            : null;

    private void Part(string failure, Action restore) => RestoredPart.Restore(path, failure, restore);

    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is KeyNotFoundException or ArgumentException or InvalidOperationException
            or OverflowException or ExternalException)
        {
            // An error of libtorch has its stack trace in further lines.
            throw ModuleWeights.Unfit(path, exception.Message.Split('\n')[0], exception);
        }
    }

    private StateValue Section(TrainingState state, string key, string explanation) =>
        state.Root.TryGetValue(key, out var value) ? value : throw ModuleWeights.Unfit(path, $"It has no '{key}'. {explanation}");
}

/// <summary>Restores a part of a checkpoint with code that may throw anything, while the weights are unchanged.</summary>
internal static class RestoredPart
{
    public static void Restore(string path, string failure, Action restore)
    {
        try
        {
            restore();
        }
        catch (Exception exception) when (exception is not (CheckpointException or DataSourceException or OperationCanceledException))
        {
            throw ModuleWeights.Unfit(
                path,
                $"{failure}: {exception.Message.Split('\n')[0].TrimEnd('.')}. The weights are unchanged, "
                    + "but parts before this one are restored.",
                exception);
        }
    }
}

/// <summary>Restores callback states from a checkpoint and logs states without a callback and callbacks without a state.</summary>
internal sealed partial class CallbackRestore(Trainer trainer, string path, ILogger logger)
{
    /// <returns>true if a callback had a state; otherwise, false.</returns>
    public bool Apply(TrainingState state)
    {
        if (!state.Root.TryGetValue(CheckpointKeys.Callbacks, out var saved) || saved is not StateMap entries)
        {
            return false;
        }

        // The oldest Lightning versions used objects as keys; keys are converted to strings here.
        var unused = entries.Keys.Select(key => key.ToString()).ToHashSet(StringComparer.Ordinal);
        var fresh = new List<string>();
        var isRestored = false;
        foreach (var callback in trainer.Run.Callbacks)
        {
            if (entries.TryGetValue(callback.StateKey, out var entry))
            {
                RestoredPart.Restore(
                    path, $"The callback {callback.StateKey} cannot restore its state", () => callback.LoadStateDict(entry.AsMap()));
                unused.Remove(callback.StateKey);
                isRestored = true;
            }
            else if (callback.StateDict() is not null)
            {
                fresh.Add(callback.StateKey);
            }
        }

        if (unused.Count > 0)
        {
            LogUnused(logger, path, string.Join(", ", unused));
        }

        if (fresh.Count > 0)
        {
            LogFresh(logger, path, string.Join(", ", fresh));
        }

        return isRestored;
    }

    [LoggerMessage(1010, LogLevel.Warning, "The checkpoint {Path} has the state of callbacks that the trainer does not have: {Keys}")]
    private static partial void LogUnused(ILogger logger, string path, string keys);

    [LoggerMessage(1014, LogLevel.Warning, "The checkpoint {Path} has no state for these callbacks, which start from scratch: {Keys}")]
    private static partial void LogFresh(ILogger logger, string path, string keys);
}
