using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Loads parts of a checkpoint outside a fit: weights, a module, hyperparameters, or the state for an evaluation.</summary>
internal sealed partial class CheckpointLoads(Trainer trainer, CheckpointSearch search, ILogger logger)
{
    /// <summary>Loads the weights, and the states of module and callbacks, for an evaluation.</summary>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">The checkpoint to load.</param>
    /// <param name="setUp">Moves the module to its device. Called after the load hook of the module, which may replace tensors.</param>
    public void LoadForEvaluation(TrainingModule module, string checkpointPath, Action setUp)
    {
        trainer.Run.ForgetEnded();
        using var loaded = LoadWanted(checkpointPath, out var path);
        using var state = loaded.Edit();
        trainer.Run.Hooks.CallModule(new OnLoadCheckpointArguments(trainer, module, state));
        setUp();
        trainer.Run.Hooks.CallCallbacks(new OnLoadCheckpointArguments(trainer, module, state));
        var weights = NamedWeights.In(state.Root, path, new WeightsOptions());
        var (report, copies) = ModuleWeights.Check(weights, module, path, ModuleWeights.IsStrict(module, strict: null));
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        if (new CallbackRestore(trainer, path, logger).Apply(state))
        {
            ModuleWeights.ThrowIfReplaced(weights, copies, module, path);
        }

        copies.Run();
        Log(path, report);
    }

    public WeightsReport LoadWeights(TrainingModule module, string checkpointPath, WeightsOptions options)
    {
        using var state = LoadWanted(checkpointPath, out var path);
        return Load(state, module, path, options);
    }

    public TModule LoadModule<TModule>(string checkpointPath, Func<StateMap, TModule> make, bool? strict)
        where TModule : TrainingModule
    {
        using var loaded = search.Load(checkpointPath, new LoadOptions { Deferred = true }, out var path)!;
        using var state = loaded.Edit();
        var module = make(HyperParametersOf(state));
        try
        {
            module.OnLoadCheckpoint(new OnLoadCheckpointArguments(trainer, module, state));
            Load(state, module, path!, new WeightsOptions { Strict = strict });
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    public StateMap ReadHyperParameters(string checkpointPath)
    {
        using var state = search.Load(checkpointPath, new LoadOptions { Only = [CheckpointKeys.HyperParameters] }, out _)!;
        return HyperParametersOf(state);
    }

    /// <summary>Returns the state for an evaluation: <c>best</c> from memory if it is kept there; anything else is loaded.</summary>
    private TrainingState LoadWanted(string checkpointPath, out string path)
    {
        var kept = checkpointPath == "best" && !trainer.IsFastDevRun
            ? trainer.CheckpointCallbacks.FirstOrDefault(callback => callback.HasBest)?.ShareBestState()
            : null;
        if (kept is not null)
        {
            path = "best, in memory";
            return kept;
        }

        var loaded = search.Load(checkpointPath, new LoadOptions { Deferred = true }, out var found)!;
        path = found!;
        return loaded;
    }

    private WeightsReport Load(TrainingState state, TrainingModule module, string path, WeightsOptions options)
    {
        var weights = NamedWeights.In(state.Root, path, options);
        var (report, copies) = ModuleWeights.Check(
            weights, module, path, ModuleWeights.IsStrict(module, options.Strict), options.SkipOtherShapes);
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        copies.Run();
        Log(path, report);
        return report;
    }

    private void Log(string path, WeightsReport report)
    {
        if (ModuleWeights.Difference(report) is { Length: > 0 } difference)
        {
            LogDifference(logger, path, difference);
        }
    }

    /// <summary>Returns the hyperparameters: a map, or in Lightning files possibly an object that wraps one.</summary>
    private static StateMap HyperParametersOf(TrainingState state) => state.Root.TryGetValue(CheckpointKeys.HyperParameters, out var value)
        ? value as StateMap ?? (value as StateObject)?.Items as StateMap ?? (value as StateObject)?.State as StateMap ?? new StateMap()
        : new StateMap();

    [LoggerMessage(
        1011, LogLevel.Warning, "The weights of {Path} do not match the module exactly and are loaded non-strictly. {Difference}")]
    internal static partial void LogDifference(ILogger logger, string path, string difference);
}
