using Fulgurite.Tests.Interruptible.Matrix;

namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>Compares a run that was stopped and resumed with one that was not.</summary>
internal static class ScenarioAssert
{
    /// <summary>Results and all that the runs showed on their way.</summary>
    public static void AreSame(FitResult expected, ScenarioWatch whole, FitResult actual, ScenarioWatch resumed)
    {
        Assert.AreEqual(expected.Status, actual.Status);
        Assert.AreEqual(expected.GlobalStep, actual.GlobalStep);
        Assert.AreEqual(expected.EpochsCompleted, actual.EpochsCompleted);
        AreSame("metrics", expected.Metrics.ToDictionary(), actual.Metrics.ToDictionary());
        AreSame("losses", whole.Losses, resumed.Losses);
        AreSame("logged", whole.Metrics, resumed.Metrics);
    }

    /// <summary>
    /// The names of all checkpoints and what is in them. A file that became durable right before a kill, and that the newest state before
    /// it does
    /// not know of, is nobody's: it stays, and the name of the same save afterwards counts versions.
    /// </summary>
    public static async Task AreSameAsync(
        CheckpointIO expected,
        IReadOnlyDictionary<string, string> wholeFiles,
        CheckpointIO actual,
        IReadOnlyDictionary<string, string> resumedFiles,
        IReadOnlyCollection<string> unknown)
    {
        var strays = unknown.Where(name => resumedFiles.ContainsKey(name)).ToList();
        string Of(string name) => strays.Contains(name) ? name.Replace(".ckpt", "-v1.ckpt", StringComparison.Ordinal) : name;
        var names = wholeFiles.Keys.Select(Of).ToList();
        Assert.AreSequenceEqual(
            names.Union(strays).Order(StringComparer.Ordinal), resumedFiles.Keys.Order(StringComparer.Ordinal), "other files");
        foreach (var (name, path) in wholeFiles)
        {
            using var one = await expected.LoadCheckpointAsync(path, null, CancellationToken.None);
            using var other = await actual.LoadCheckpointAsync(resumedFiles[Of(name)], null, CancellationToken.None);
            try
            {
                StateAssert.HaveSameValues(
                    strays.Count == 0 ? WithoutRemoved(one, wholeFiles.Keys) : WithoutNames(one),
                    strays.Count == 0 ? WithoutRemoved(other, wholeFiles.Keys) : WithoutNames(other));
            }
            catch (AssertFailedException exception)
            {
                throw new AssertFailedException($"{name}: {exception.Message}", exception);
            }
        }
    }

    /// <summary>The names of the files that the newest state does not know of.</summary>
    public static async Task<IReadOnlyCollection<string>> UnknownAsync(
        CheckpointIO storage, IReadOnlyDictionary<string, string> files, string last)
    {
        if (!files.TryGetValue(last, out var path))
        {
            return [.. files.Keys];
        }

        using var state = await storage.LoadCheckpointAsync(path, null, CancellationToken.None);
        var known = OfModelCheckpoint(state)["files"].AsMap().Keys.Select(key => key.ToString()).ToHashSet(StringComparer.Ordinal);
        return [.. files.Keys.Where(name => name != last && !known.Contains(Path.GetFileName(name)))];
    }

    /// <summary>
    /// Leaves out the files that were replaced and are gone. A state lists them as a fallback for saves that fail; which of them existed
    /// when a
    /// process was killed depends on its storage.
    /// </summary>
    private static TrainingState WithoutRemoved(TrainingState state, IEnumerable<string> present)
    {
        var names = present.Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        var callbacks = new StateMap();
        foreach (var (key, value) in state["callbacks"].AsMap())
        {
            callbacks[key] = IsModelCheckpoint(key)
                ? Map(value.AsMap().Select(entry => entry.Key.ToString() == "files"
                    ? KeyValuePair.Create(
                        entry.Key, (StateValue)Map(entry.Value.AsMap().Where(file => names.Contains(file.Key.ToString()))))
                    : entry))
                : value;
        }

        return new TrainingState(
            Map(
                state.Root.Select(
                    entry => entry.Key.ToString() == "callbacks" ? KeyValuePair.Create(entry.Key, (StateValue)callbacks) : entry)));
    }

    private static StateMap Map(IEnumerable<KeyValuePair<StateKey, StateValue>> entries)
    {
        var map = new StateMap();
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        return map;
    }

    private static TrainingState WithoutNames(TrainingState state)
    {
        var (entries, callbacks) = (new StateMap(), new StateMap());
        foreach (var (key, value) in state.Root)
        {
            entries[key] = value;
        }

        foreach (var (key, value) in state["callbacks"].AsMap().Where(entry => !IsModelCheckpoint(entry.Key)))
        {
            callbacks[key] = value;
        }

        entries["callbacks"] = callbacks;
        return new TrainingState(entries);
    }

    private static bool IsModelCheckpoint(StateKey key) => key.ToString().StartsWith("ModelCheckpoint", StringComparison.Ordinal);

    private static StateMap OfModelCheckpoint(TrainingState state) =>
        state["callbacks"].AsMap().Single(entry => IsModelCheckpoint(entry.Key)).Value.AsMap();

    private static void AreSame<TKey>(string what, IReadOnlyDictionary<TKey, double> expected, IReadOnlyDictionary<TKey, double> actual)
        where TKey : notnull
    {
        var keys = expected.Keys.Union(actual.Keys)
            .Where(key => !expected.TryGetValue(key, out var one) || !actual.TryGetValue(key, out var other) || !one.Equals(other))
            .ToList();
        Assert.IsEmpty(
            keys,
            $"{what} differ in {keys.Count} of {expected.Count}: "
                + string.Join(", ", keys.Take(3).Select(key => $"{key} is {Text(actual, key)} instead of {Text(expected, key)}")));

        static string Text(IReadOnlyDictionary<TKey, double> values, TKey key) =>
            values.TryGetValue(key, out var value) ? $"{value}" : "missing";
    }
}
