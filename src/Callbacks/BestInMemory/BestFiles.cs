namespace Fulgurite.Callbacks;

/// <summary>The files of the best states of a fit: the newest durable one, those being written, and their names.</summary>
/// <param name="paths">The names that the fit has claimed.</param>
/// <param name="resumedFrom">The canonical path of the file that the fit resumed from, which is not removed; null for none.</param>
/// <param name="isKept">Whether a state in memory is to be written to a path.</param>
internal sealed class BestFiles(CheckpointPaths paths, string? resumedFrom, Func<string, bool> isKept)
{
    private readonly Dictionary<SaveOperation, (string Path, double Score)> _saves = [];

    public CheckpointPaths Paths => paths;

    /// <summary>Gets the newest durable file; null if there is none.</summary>
    public (string Path, double Score)? Written { get; private set; }

    /// <summary>Adds a save that has begun.</summary>
    public void Add(SaveOperation operation, BestState state) => _saves[operation] = (state.Path, state.Score);

    /// <summary>Records a durable save.</summary>
    /// <returns>The path of the file that it replaces, to be removed; null if there is none.</returns>
    public string? OnDurable(SaveOperation operation)
    {
        if (!_saves.Remove(operation, out var saved))
        {
            return null;
        }

        // An earlier save may complete after a better state was captured: it counts until the better one is written.
        var replaced = Written?.Path;
        Written = saved;
        if (replaced is null || Holds(replaced))
        {
            return null;
        }

        paths.GiveBack(replaced);
        return string.Equals(replaced, resumedFrom, StringComparison.Ordinal) ? null : replaced;
    }

    /// <summary>Releases the name of a save that has failed.</summary>
    public void OnDropped(SaveOperation operation)
    {
        if (_saves.Remove(operation, out var saved))
        {
            GiveBack(saved.Path);
        }
    }

    /// <summary>Releases the name of a state that was never written.</summary>
    public void GiveBack(string path)
    {
        if (!Holds(path))
        {
            paths.GiveBack(path);
        }
    }

    /// <summary>Releases all names, those of pending saves once they end.</summary>
    public void CloseNames()
    {
        paths.GiveBackAll(_saves.Keys);
        _saves.Clear();
    }

    /// <summary>Only written states of an earlier run count: those in its memory are lost.</summary>
    public void TakeOver(StateMap state)
    {
        var (best, written) = (state["best_model_path"].AsText(), state["written_path"].AsText());
        var isItsFile = best.Length > 0 && string.Equals(paths.Directory[best], resumedFrom, StringComparison.Ordinal);
        if (best.Length > 0 && (isItsFile || !string.Equals(best, written, StringComparison.Ordinal))
            && paths.Exists(paths.Directory[best]))
        {
            Own(best, state["best_model_score"].AsReal());
        }
        else if (written.Length > 0
            && (!string.Equals(best, written, StringComparison.Ordinal) || state["best_model_score"].Equals(state["written_score"]))
            && paths.Exists(paths.Directory[written]))
        {
            Own(written, state["written_score"].AsReal());
        }
    }

    private void Own(string relative, double score)
    {
        var path = paths.Directory[relative];
        if (paths.TakeOver(path))
        {
            Written = (path, score);
        }
    }

    private bool Holds(string path) =>
        isKept(path)
            || string.Equals(Written?.Path, path, StringComparison.Ordinal)
            || _saves.Values.Any(saved => string.Equals(saved.Path, path, StringComparison.Ordinal));
}
