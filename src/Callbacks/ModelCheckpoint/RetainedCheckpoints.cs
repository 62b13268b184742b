namespace Fulgurite.Callbacks;

/// <summary>
/// The durable and pending checkpoints of a callback. The kept ones follow from these alone, so that a failed save requires no undo. A
/// checkpoint that is not kept is removed once it would not be kept among the durable ones alone either.
/// </summary>
internal sealed class RetainedCheckpoints(ICheckpointRetention retention, CheckpointRanking ranking)
{
    // The number of remembered replaced checkpoints: more than can be pending, few enough to add little to a file.
    private const int Remembered = 16;

    // In the order of their saves.
    private readonly List<SavedCheckpoint> _all = [];
    private readonly List<SavedCheckpoint> _replaced = [];

    /// <summary>Gets the kept checkpoints, best first.</summary>
    public IReadOnlyList<SavedCheckpoint> Kept => [.. _all.Where(IsKept).Order(ranking)];

    /// <summary>Gets all durable and pending checkpoints in save order.</summary>
    public IReadOnlyList<SavedCheckpoint> All => _all;

    /// <summary>Gets the last replaced checkpoints in order of replacement, whether or not their files still exist.</summary>
    public IEnumerable<SavedCheckpoint> Replaced => _replaced.Where(saved => !_all.Contains(saved) || !IsKept(saved));

    /// <summary>Gets the best durable checkpoint. NaN scores are never best.</summary>
    public SavedCheckpoint? Best => _all.Where(saved => saved.IsDurable && saved.Score != ranking.Worst).Order(ranking).FirstOrDefault();

    /// <summary>Gets the newest durable checkpoint.</summary>
    public SavedCheckpoint? NewestDurable => _all.Where(saved => saved.IsDurable).MaxBy(saved => saved.Number);

    /// <summary>Returns true if a checkpoint would be kept.</summary>
    public bool Admits(SavedCheckpoint candidate) => retention.Keeps(candidate, [.. _all, candidate]);

    /// <summary>Returns true if a path belongs to a checkpoint that the candidate replaces, so that its file may be overwritten.</summary>
    public bool MayReplace(string path, SavedCheckpoint candidate)
    {
        List<SavedCheckpoint> with = [.. _all, candidate];
        return Holds(path) && _all.TrueForAll(saved => !IsAt(saved, path) || !retention.Keeps(saved, with));
    }

    /// <summary>Gets a value indicating whether a save is pending.</summary>
    public bool HasPending => _all.Exists(saved => saved.Operation?.Outcome == CheckpointOutcome.Pending);

    public bool Holds(string path) => _all.Exists(saved => IsAt(saved, path));

    public void Add(SavedCheckpoint saved)
    {
        var before = Kept;
        _all.Add(saved);
        Remember(before.Except(Kept).OrderBy(other => other.Number));
        _replaced.RemoveAll(older => IsAt(older, saved.Path));
    }

    /// <summary>Withdraws waiting saves whose checkpoints would no longer be kept.</summary>
    public void WithdrawNeedless()
    {
        foreach (var saved in _all.FindAll(saved => saved.Operation?.Outcome == CheckpointOutcome.Pending && !IsKept(saved)))
        {
            // Its end is reported like that of every other save.
            saved.Operation!.Withdraw();
        }
    }

    /// <summary>
    /// Takes over the checkpoints of an earlier run, replaced ones in order of replacement: those that exist are durable.
    /// </summary>
    public void TakeOver(IReadOnlyList<SavedCheckpoint> known, Func<string, bool> exists)
    {
        Remember(known.Where(saved => !retention.Keeps(saved, known)));
        foreach (var saved in known.Where(saved => exists(saved.Path)).OrderBy(saved => saved.Number))
        {
            saved.IsDurable = true;
            _all.Add(saved);
        }
    }

    public void Remove(SavedCheckpoint? saved) => _all.RemoveAll(other => other == saved);

    /// <summary>Handles a save that became durable.</summary>
    /// <returns>The checkpoints whose files can be removed.</returns>
    public IReadOnlyList<SavedCheckpoint> Confirm(SaveOperation operation)
    {
        if (_all.Find(saved => saved.Operation == operation) is { } confirmed)
        {
            confirmed.IsDurable = true;
            _all.RemoveAll(older => older != confirmed && older.IsDurable && IsAt(older, confirmed.Path));
        }

        return TakeRemovable();
    }

    /// <summary>
    /// Handles a save that failed or was cancelled. If its file is in place but may not survive a power cut, it is kept and replaces no
    /// durable checkpoint.
    /// </summary>
    /// <returns>The checkpoints whose files can be removed.</returns>
    public IReadOnlyList<SavedCheckpoint> Withdraw(SaveOperation operation)
    {
        if (operation.Failure is { IsInPlace: true } && _all.Find(saved => saved.Operation == operation) is { } placed)
        {
            placed.IsInPlace = true;
            _all.RemoveAll(older => older != placed && IsAt(older, placed.Path));
            return [];
        }

        _all.RemoveAll(saved => saved.Operation == operation && !saved.IsDurable);
        return TakeRemovable();
    }

    private List<SavedCheckpoint> TakeRemovable()
    {
        // A better checkpoint that is still pending may fail, so only durable ones count.
        var durable = _all.FindAll(saved => saved.IsDurable);
        var needed = durable.Where(saved => retention.Keeps(saved, durable)).ToHashSet();
        if (needed.Count == 0)
        {
            // The last checkpoint is never removed, regardless of the policy.
            return [];
        }

        var removable = _all.FindAll(saved => (saved.IsDurable || saved.IsInPlace) && !needed.Contains(saved) && !IsKept(saved));
        _all.RemoveAll(removable.Contains);
        removable.RemoveAll(saved => Holds(saved.Path));
        return removable;
    }

    private void Remember(IEnumerable<SavedCheckpoint> replaced)
    {
        _replaced.AddRange(replaced.Except(_replaced));
        _replaced.RemoveRange(0, Math.Max(0, _replaced.Count - Remembered));
    }

    private bool IsKept(SavedCheckpoint saved) => retention.Keeps(saved, _all);

    private static bool IsAt(SavedCheckpoint saved, string path) => string.Equals(saved.Path, path, StringComparison.Ordinal);
}
