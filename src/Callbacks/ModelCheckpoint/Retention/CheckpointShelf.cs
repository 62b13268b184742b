using Fulgurite.Callbacks.Monitoring;
using Fulgurite.IO;

namespace Fulgurite.Callbacks.Retention;

/// <summary>
/// The checkpoints that a callback answers for: those that are there, and those on their way. What is kept follows from these alone, so that
/// a save that fails needs nothing undone; what is not kept may go once everything that is kept is durable.
/// </summary>
internal sealed class CheckpointShelf(ICheckpointRetention retention, CheckpointRanking ranking)
{
    // In the order of their saves.
    private readonly List<SavedCheckpoint> _all = [];

    /// <summary>Those that are kept, best first.</summary>
    public IReadOnlyList<SavedCheckpoint> Kept => [.. _all.Where(IsKept).Order(ranking)];

    /// <summary>All that are there or on their way, best first.</summary>
    public IEnumerable<SavedCheckpoint> All => _all.Order(ranking);

    /// <summary>The best one whose file is there. One whose metric is no number is the best of nothing.</summary>
    public SavedCheckpoint? Best => _all.Where(saved => saved.IsDurable && saved.Score != ranking.Worst).Order(ranking).FirstOrDefault();

    /// <summary>Whether a checkpoint would be kept.</summary>
    public bool Admits(SavedCheckpoint candidate) => retention.Keeps(candidate, [.. _all, candidate]);

    /// <summary>Whether a path belongs to a checkpoint that a candidate takes the place of, so that its file may be overwritten.</summary>
    public bool MayReplace(string path, SavedCheckpoint candidate)
    {
        List<SavedCheckpoint> with = [.. _all, candidate];
        return Holds(path) && _all.TrueForAll(saved => !IsAt(saved, path) || !retention.Keeps(saved, with));
    }

    public bool Holds(string path) => _all.Exists(saved => IsAt(saved, path));

    public void Add(SavedCheckpoint saved) => _all.Add(saved);

    public void Remove(SavedCheckpoint? saved) => _all.RemoveAll(other => other == saved);

    /// <summary>A save became durable.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
    public IReadOnlyList<SavedCheckpoint> Confirm(CheckpointTicket ticket)
    {
        if (_all.Find(saved => saved.Ticket == ticket) is { } confirmed)
        {
            confirmed.IsDurable = true;
            _all.RemoveAll(older => older != confirmed && older.IsDurable && IsAt(older, confirmed.Path));
        }

        return TakeRemovable();
    }

    /// <summary>A save came to nothing.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
    public IReadOnlyList<SavedCheckpoint> Withdraw(CheckpointTicket ticket)
    {
        _all.RemoveAll(saved => saved.Ticket == ticket && !saved.IsDurable);
        return TakeRemovable();
    }

    public void Clear() => _all.Clear();

    private List<SavedCheckpoint> TakeRemovable()
    {
        var kept = _all.Where(IsKept).ToHashSet();

        // Until what replaces them is there they stay, and whatever a policy says the last one does.
        if (kept.Count == 0 || !kept.All(saved => saved.IsDurable))
        {
            return [];
        }

        var removable = _all.Where(saved => saved.IsDurable && !kept.Contains(saved)).ToList();
        _all.RemoveAll(removable.Contains);
        removable.RemoveAll(saved => Holds(saved.Path));
        return removable;
    }

    private bool IsKept(SavedCheckpoint saved) => retention.Keeps(saved, _all);

    private static bool IsAt(SavedCheckpoint saved, string path) => string.Equals(saved.Path, path, StringComparison.Ordinal);
}
