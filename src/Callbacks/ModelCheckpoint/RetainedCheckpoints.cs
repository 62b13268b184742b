
namespace Fulgurite.Callbacks;

/// <summary>
/// The checkpoints that a callback answers for: those that are there, and those on their way. What is kept follows from these alone, so that
/// a save that fails needs nothing undone; what is not kept may go once it would not be kept among the durable ones alone either.
/// </summary>
internal sealed class RetainedCheckpoints(ICheckpointRetention retention, CheckpointRanking ranking)
{
    // How many replaced ones are remembered: more than can be waiting for storage, and not so many that they weigh in a file.
    private const int Remembered = 16;

    // In the order of their saves.
    private readonly List<SavedCheckpoint> _all = [];
    private readonly List<SavedCheckpoint> _replaced = [];

    /// <summary>Those that are kept, best first.</summary>
    public IReadOnlyList<SavedCheckpoint> Kept => [.. _all.Where(IsKept).Order(ranking)];

    /// <summary>All that are there or on their way, in the order of their saves.</summary>
    public IReadOnlyList<SavedCheckpoint> All => _all;

    /// <summary>Those that gave way to better ones last, in the order in which they did, be they still there or not.</summary>
    public IEnumerable<SavedCheckpoint> Replaced => _replaced.Where(saved => !_all.Contains(saved) || !IsKept(saved));

    /// <summary>The best one whose file is there. One whose metric is no number is the best of nothing.</summary>
    public SavedCheckpoint? Best => _all.Where(saved => saved.IsDurable && saved.Score != ranking.Worst).Order(ranking).FirstOrDefault();

    /// <summary>The newest one whose file is there.</summary>
    public SavedCheckpoint? NewestDurable => _all.Where(saved => saved.IsDurable).MaxBy(saved => saved.Number);

    /// <summary>Whether a checkpoint would be kept.</summary>
    public bool Admits(SavedCheckpoint candidate) => retention.Keeps(candidate, [.. _all, candidate]);

    /// <summary>Whether a path belongs to a checkpoint that a candidate takes the place of, so that its file may be overwritten.</summary>
    public bool MayReplace(string path, SavedCheckpoint candidate)
    {
        List<SavedCheckpoint> with = [.. _all, candidate];
        return Holds(path) && _all.TrueForAll(saved => !IsAt(saved, path) || !retention.Keeps(saved, with));
    }

    /// <summary>Gets whether the save of one of them has not ended yet.</summary>
    public bool HasPending => _all.Exists(saved => saved.Operation?.Outcome == CheckpointOutcome.Pending);

    public bool Holds(string path) => _all.Exists(saved => IsAt(saved, path));

    public void Add(SavedCheckpoint saved)
    {
        var before = Kept;
        _all.Add(saved);
        Remember(before.Except(Kept).OrderBy(other => other.Number));
        _replaced.RemoveAll(older => IsAt(older, saved.Path));
    }

    /// <summary>Takes saves back that wait to be written and whose checkpoints would not be kept any more.</summary>
    public void WithdrawNeedless()
    {
        foreach (var saved in _all.FindAll(saved => saved.Operation?.Outcome == CheckpointOutcome.Pending && !IsKept(saved)))
        {
            // Its end is told like that of every other save.
            saved.Operation!.Withdraw();
        }
    }

    /// <summary>Takes over what an earlier run knew of, replaced ones in the order in which they were: those that are there are durable.</summary>
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

    /// <summary>A save became durable.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
    public IReadOnlyList<SavedCheckpoint> Confirm(SaveOperation operation)
    {
        if (_all.Find(saved => saved.Operation == operation) is { } confirmed)
        {
            confirmed.IsDurable = true;
            _all.RemoveAll(older => older != confirmed && older.IsDurable && IsAt(older, confirmed.Path));
        }

        return TakeRemovable();
    }

    /// <summary>A save came to nothing, or its file is in place and may not survive a power cut: then it is kept, and replaces no durable one.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
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
        // A better one that is still on its way may come to nothing; then the best of those that are there count.
        var durable = _all.FindAll(saved => saved.IsDurable);
        var needed = durable.Where(saved => retention.Keeps(saved, durable)).ToHashSet();
        if (needed.Count == 0)
        {
            // Whatever a policy says the last one stays.
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
