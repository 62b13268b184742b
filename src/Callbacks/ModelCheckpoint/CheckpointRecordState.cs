using System.Globalization;
using System.Text;
using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>The state of a <see cref="CheckpointRecord"/> in a checkpoint: Lightning's keys, and the files with relative paths.</summary>
/// <remarks>
/// The state depends on the requests of the run, not on the progress of the storage, so that a resumed run produces the same files as an
/// uninterrupted one. Which files exist is determined when it is read. For this reason it also lists some replaced files: they are what
/// remains if later saves failed or were not written before the process ended.
/// </remarks>
internal static class CheckpointRecordState
{
    public static StateMap Write(CheckpointRecord record, string? monitor)
    {
        var kept = record.Retained.Kept;
        var compares = monitor is not null;
        var best = kept.Count > 0 ? kept[0] : null;
        var worst = compares && kept.Count > 0 ? kept[^1] : null;
        var relative = record.Paths.Directory.Relative;
        var files = new StateMap();
        foreach (var saved in record.Retained.Replaced.Concat(kept.OrderBy(saved => saved.Number)))
        {
            files[relative(saved.Path)] = new StateList([saved.Score, saved.Number, saved.GlobalStep, saved.Epoch]);
        }

        var models = new StateMap();
        foreach (var saved in compares ? kept : [])
        {
            models[relative(saved.Path)] = saved.Score;
        }

        return new StateMap
        {
            ["monitor"] = monitor,
            ["best_model_path"] = best is null ? string.Empty : relative(best.Path),
            ["best_model_score"] = best is null || !compares ? StateValue.Null : best.Score,
            ["best_k_models"] = models,
            ["kth_best_model_path"] = worst is null ? string.Empty : relative(worst.Path),
            ["kth_value"] = worst is null ? StateValue.Null : worst.Score,
            ["current_score"] = record.CurrentScore is { } score ? score : StateValue.Null,
            ["last_model_path"] = record.Last.Path is { } last ? relative(last) : string.Empty,
            ["files"] = files,
            ["last_name"] = record.Last.Path is null ? string.Empty : record.Last.Name ?? string.Empty,
            ["saves"] = record.Compared,
            ["compared_step"] = record.ComparedStep is { } step ? step : StateValue.Null,
            ["last_global_step_saved"] = record.SavedStep,
            ["deferred"] = record.IsDeferred,
        };
    }

    /// <summary>Restores the record of an earlier run from its existing files.</summary>
    /// <param name="state">The state in a checkpoint of that run.</param>
    /// <param name="record">The new record.</param>
    /// <returns>The directory of the earlier run if it differs and its best checkpoints stay there; otherwise, null.</returns>
    public static string? Read(StateMap state, CheckpointRecord record)
    {
        var (paths, directory) = (record.Paths, record.Paths.Directory);
        var files = Files(state).ToList();
        record.Retained.TakeOver(
            [.. files.Select(file => new SavedCheckpoint(directory[file.Path], file.Score, file.Number, file.GlobalStep, file.Epoch))],
            path => paths.Exists(path) && Takes(path));

        string? moved = null;
        if (record.Foreign.Count > 0)
        {
            // Another run has resumed from these files. The best can still be loaded, but only that run may remove it.
            record.InheritedBest = record.Foreign.Find(
                path => string.Equals(path, directory[state["best_model_path"].AsText()], StringComparison.Ordinal));
        }

        var best = state["best_model_path"].AsText();
        if (record.Retained.Best is null && record.InheritedBest is null && best.Length > 0
            && EarlierDirectory(record, files.Select(file => file.Path).Append(state["last_model_path"].AsText())) is { } earlier)
        {
            // The directory has changed: the old best checkpoint stays in the old one, and remains the best until the new one has some.
            var path = CheckpointDirectory.Join(earlier, best);
            record.InheritedBest = paths.Exists(path) ? path : null;
            moved = earlier;
        }

        // Its save failed, or was waiting when the process ended, or it was removed.
        var isCompared = state["best_model_score"] is StateReal;
        record.MissingBest = isCompared && best.Length > 0 && moved is null && !paths.Exists(directory[best]) ? directory[best] : null;

        if (state["last_model_path"].AsText() is { Length: > 0 } last)
        {
            var path = directory[last];
            if (Takes(path))
            {
                record.Last.TakeOver(
                    state["last_name"].AsText(), path, paths.Exists(path),
                    string.Equals(path, record.ResumedFrom, StringComparison.Ordinal) ? record.Start : null, record.NamedByLast);
            }
        }

        record.Compared = state["saves"].AsInteger();
        record.ComparedStep = state["compared_step"] is StateInteger step ? step.AsInteger() : null;
        record.SavedStep = state["last_global_step_saved"].AsInteger();
        record.IsDeferred = state["deferred"].AsBoolean();
        record.CurrentScore = state["current_score"] is StateReal score ? score.AsReal() : null;
        return moved;

        bool Takes(string path)
        {
            var takes = paths.TakeOver(path);
            if (!takes)
            {
                record.Foreign.Add(path);
            }

            return takes;
        }
    }

    private static IEnumerable<SavedCheckpoint> Files(StateMap state) =>
        state["files"].AsMap()
            .Select(entry => (Path: entry.Key.ToString(), Values: entry.Value.AsList()))
            .Select(
                entry => new SavedCheckpoint(
                    entry.Path, entry.Values[0].AsReal(), entry.Values[1].AsInteger(), entry.Values[2].AsInteger(),
                    (int)entry.Values[3].AsInteger()));

    /// <summary>Returns the directory of the resumed file if the state lists the file and the directory differs.</summary>
    private static string? EarlierDirectory(CheckpointRecord record, IEnumerable<string> relative) =>
        relative
            .Where(name => name.Length > 0 && record.ResumedFrom?.EndsWith("/" + name, StringComparison.Ordinal) == true)
            .Select(name => record.ResumedFrom![..^(name.Length + 1)])
            .FirstOrDefault(earlier => !string.Equals(earlier, record.Paths.Directory.Path, StringComparison.Ordinal));
}

/// <summary>Creates the state key of a callback, which distinguishes two callbacks of a trainer, in the format of Lightning.</summary>
internal static class CheckpointStateKey
{
    public static string Of(ModelCheckpointOptions options, ICheckpointTrigger trigger) =>
        $"ModelCheckpoint{{'monitor': {Quoted(options.Monitor)}, 'mode': {Quoted(options.Mode.ToString().ToLowerInvariant())}, "
        + $"'every_n_train_steps': {(trigger as EveryNStepsTrigger)?.Steps ?? 0}, 'every_n_epochs': "
        + $"{(trigger as EveryNEpochsTrigger)?.Epochs ?? 0}, "
        + $"'train_time_interval': {Quoted(options.TrainTimeInterval?.ToString("c"))}, 'filename': {Quoted(options.Filename)}, 'name': "
        + $"{Quoted(options.Name)}}}";

    private static string Quoted(string? text) => text is null ? "None" : $"'{text}'";
}

/// <summary>Formats checkpoints and their metrics as text.</summary>
internal static class BestModelsText
{
    public static string ToYaml(IReadOnlyDictionary<string, double> models)
    {
        var text = new StringBuilder();
        foreach (var (path, score) in models)
        {
            // A string of JSON is one of YAML too.
            text.Append(JsonSerializer.Serialize(path)).Append(": ").Append(Number(score)).Append('\n');
        }

        return models.Count == 0 ? "{}\n" : text.ToString();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => ".inf",
        double.NegativeInfinity => "-.inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
