using Fulgurite.Callbacks.Monitoring;
using Fulgurite.Callbacks.Retention;
using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>What a checkpoint keeps of a <see cref="ModelCheckpoint"/>: Lightning's keys, and what is kept. Paths are relative to the directory.</summary>
internal static class ModelCheckpointState
{
    public static StateMap Write(ModelCheckpoint callback, IReadOnlyList<SavedCheckpoint> kept, IEnumerable<SavedCheckpoint> all, Func<string, string> relative)
    {
        var compares = callback.Options.Monitor is not null;
        var best = kept.Count > 0 ? kept[0] : null;
        var worst = compares && kept.Count > 0 ? kept[^1] : null;
        var (models, files) = (new StateMap(), new StateMap());
        foreach (var saved in all)
        {
            // Those on their way too, and those that they replace: which of them came to be shows when the state is taken over.
            files[relative(saved.Path)] = new StateList([saved.Score, saved.Number, saved.GlobalStep, saved.Epoch]);
            if (compares)
            {
                models[relative(saved.Path)] = saved.Score;
            }
        }

        return new StateMap
        {
            ["monitor"] = callback.Options.Monitor,
            ["best_model_path"] = best is null ? string.Empty : relative(best.Path),
            ["best_model_score"] = best is null || !compares ? StateValue.Null : best.Score,
            ["best_k_models"] = models,
            ["kth_best_model_path"] = worst is null ? string.Empty : relative(worst.Path),
            ["kth_value"] = worst is null ? StateValue.Null : worst.Score,
            ["current_score"] = callback.CurrentScore is { } score ? score : StateValue.Null,
            ["last_model_path"] = callback.NewestPath is { } last ? relative(last) : string.Empty,
            ["files"] = files,
        };
    }

    /// <summary>The checkpoints that a state lists, with their relative paths, in the order of their saves.</summary>
    public static IEnumerable<SavedCheckpoint> Read(StateMap state) =>
        state["files"].AsMap()
            .Select(entry => (Path: entry.Key.ToString(), Values: entry.Value.AsList()))
            .Select(entry => new SavedCheckpoint(entry.Path, entry.Values[0].AsReal(), entry.Values[1].AsInteger(), entry.Values[2].AsInteger(), (int)entry.Values[3].AsInteger()))
            .OrderBy(saved => saved.Number);
}
