using Fulgurite.Callbacks.Naming;
using Fulgurite.Callbacks.Retention;
using Fulgurite.State;

namespace Fulgurite.Callbacks.Bookkeeping;

/// <summary>What a checkpoint keeps of a <see cref="CheckpointBook"/>: Lightning's keys, and the files. Paths are relative to the directory.</summary>
/// <remarks>
/// It depends on what the run asked for and not on how far storage has come, so that a run that is resumed makes the same files as one that
/// was never stopped. Which of the files came to be shows when it is read. That is why it lists some that were replaced: they are what is
/// there where saves after them failed, or had not been written when the process ended.
/// </remarks>
internal static class CheckpointBookState
{
    public static StateMap Write(CheckpointBook book, string? monitor)
    {
        var kept = book.Shelf.Kept;
        var compares = monitor is not null;
        var best = kept.Count > 0 ? kept[0] : null;
        var worst = compares && kept.Count > 0 ? kept[^1] : null;
        var relative = book.Paths.Directory.Relative;
        var files = new StateMap();
        foreach (var saved in book.Shelf.Replaced.Concat(kept.OrderBy(saved => saved.Number)))
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
            ["current_score"] = book.CurrentScore is { } score ? score : StateValue.Null,
            ["last_model_path"] = book.Last.Path is { } last ? relative(last) : string.Empty,
            ["files"] = files,
            ["last_name"] = book.Last.Path is null ? string.Empty : book.Last.Name ?? string.Empty,
            ["saves"] = book.Compared,
            ["compared_step"] = book.ComparedStep is { } step ? step : StateValue.Null,
            ["last_global_step_saved"] = book.SavedStep,
            ["deferred"] = book.IsDeferred,
        };
    }

    /// <summary>Goes on with what an earlier run left, as far as it is there.</summary>
    /// <param name="state">What a checkpoint of it holds.</param>
    /// <param name="book">A new one.</param>
    /// <returns>The directory of the earlier run, where it is another one and its best ones stay there; null otherwise.</returns>
    public static string? Read(StateMap state, CheckpointBook book)
    {
        var (paths, directory) = (book.Paths, book.Paths.Directory);
        var files = Files(state).ToList();
        book.Shelf.TakeOver([.. files.Select(file => new SavedCheckpoint(directory[file.Path], file.Score, file.Number, file.GlobalStep, file.Epoch))], path => paths.Exists(path) && Takes(path));

        string? moved = null;
        if (book.Foreign.Count > 0)
        {
            // Another run goes on with these. The best may still be asked for; it is that run's to remove.
            book.InheritedBest = book.Foreign.Find(path => string.Equals(path, directory[state["best_model_path"].AsText()], StringComparison.Ordinal));
        }

        var best = state["best_model_path"].AsText();
        if (book.Shelf.Best is null && book.InheritedBest is null && best.Length > 0 && EarlierDirectory(book, files.Select(file => file.Path).Append(state["last_model_path"].AsText())) is { } earlier)
        {
            // Another directory than before: what is there stays there, and is the best until this one has some.
            var path = CheckpointDirectory.Join(earlier, best);
            book.InheritedBest = paths.Exists(path) ? path : null;
            moved = earlier;
        }

        if (state["last_model_path"].AsText() is { Length: > 0 } last)
        {
            var path = directory[last];
            if (Takes(path))
            {
                book.Last.TakeOver(state["last_name"].AsText(), path, paths.Exists(path), string.Equals(path, book.ResumedFrom, StringComparison.Ordinal) ? book.Start : null);
            }
        }

        book.Compared = state["saves"].AsInteger();
        book.ComparedStep = state["compared_step"] is StateInteger step ? step.AsInteger() : null;
        book.SavedStep = state["last_global_step_saved"].AsInteger();
        book.IsDeferred = state["deferred"].AsBoolean();
        book.CurrentScore = state["current_score"] is StateReal score ? score.AsReal() : null;
        return moved;

        bool Takes(string path)
        {
            var takes = paths.TakeOver(path);
            if (!takes)
            {
                book.Foreign.Add(path);
            }

            return takes;
        }
    }

    private static IEnumerable<SavedCheckpoint> Files(StateMap state) =>
        state["files"].AsMap()
            .Select(entry => (Path: entry.Key.ToString(), Values: entry.Value.AsList()))
            .Select(entry => new SavedCheckpoint(entry.Path, entry.Values[0].AsReal(), entry.Values[1].AsInteger(), entry.Values[2].AsInteger(), (int)entry.Values[3].AsInteger()));

    /// <summary>The directory of the file that the run goes on from, if it is one of those that its own state lists, and another one.</summary>
    private static string? EarlierDirectory(CheckpointBook book, IEnumerable<string> relative) =>
        relative
            .Where(name => name.Length > 0 && book.ResumedFrom?.EndsWith("/" + name, StringComparison.Ordinal) == true)
            .Select(name => book.ResumedFrom![..^(name.Length + 1)])
            .FirstOrDefault(earlier => !string.Equals(earlier, book.Paths.Directory.Path, StringComparison.Ordinal));
}
