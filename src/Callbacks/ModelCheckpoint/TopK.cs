namespace Fulgurite.Callbacks;

/// <summary>
/// Which checkpoints are kept. Bookkeeping follows the saves: a place is taken when a save is asked for, what it replaces may go
/// only once all that are kept are durable, and a save that fails gives its place back.
/// </summary>
internal sealed class TopK(int limit, MonitorMode mode)
{
    // Best first; equal ones in the order of their saves.
    private readonly List<SavedCheckpoint> _kept = [];
    private readonly List<SavedCheckpoint> _retired = [];

    public IReadOnlyList<SavedCheckpoint> Kept => _kept;

    /// <summary>The best one whose file is there.</summary>
    public SavedCheckpoint? Best => BestFirst(_kept.Concat(_retired).Where(saved => saved.IsDurable)).FirstOrDefault();

    /// <summary>All whose files are there or on their way, best first: those that are kept and those that wait to be replaced.</summary>
    public IEnumerable<SavedCheckpoint> All => BestFirst(_kept.Concat(_retired));

    /// <summary>Whether a checkpoint of this score would be kept. A tie does not replace; a NaN is never kept.</summary>
    public bool Admits(double score) =>
        !double.IsNaN(score) && limit != 0 && (limit < 0 || _kept.Count < limit || IsBetter(score, _kept[^1].Score));

    public void Reserve(SavedCheckpoint saved)
    {
        Insert(saved);
        while (limit > 0 && _kept.Count > limit)
        {
            _retired.Add(_kept[^1]);
            _kept.RemoveAt(_kept.Count - 1);
        }
    }

    /// <summary>A save became durable.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
    public IReadOnlyList<SavedCheckpoint> Confirm(string path)
    {
        foreach (var saved in _kept.Concat(_retired).Where(saved => IsAt(saved, path)))
        {
            saved.IsDurable = true;
        }

        return TakeRemovable();
    }

    /// <summary>A save came to nothing: its place goes back to the best one that was retired for it.</summary>
    /// <returns>The checkpoints whose files may go now.</returns>
    public IReadOnlyList<SavedCheckpoint> Withdraw(string path)
    {
        _retired.RemoveAll(saved => !saved.IsDurable && IsAt(saved, path));
        if (_kept.RemoveAll(saved => !saved.IsDurable && IsAt(saved, path)) > 0
            && _kept.Count < limit
            && BestFirst(_retired.Where(saved => saved.IsDurable)).FirstOrDefault() is { } back)
        {
            _retired.Remove(back);
            Insert(back);
        }

        return TakeRemovable();
    }

    public void Clear()
    {
        _kept.Clear();
        _retired.Clear();
    }

    private List<SavedCheckpoint> TakeRemovable()
    {
        if (!_kept.TrueForAll(saved => saved.IsDurable))
        {
            return [];
        }

        var removable = _retired.Where(saved => saved.IsDurable).ToList();
        _retired.RemoveAll(saved => saved.IsDurable);
        return removable;
    }

    private IEnumerable<SavedCheckpoint> BestFirst(IEnumerable<SavedCheckpoint> checkpoints) =>
        checkpoints.OrderBy(saved => saved, Comparer<SavedCheckpoint>.Create(Compare));

    private static bool IsAt(SavedCheckpoint saved, string path) => string.Equals(saved.Path, path, StringComparison.Ordinal);

    private void Insert(SavedCheckpoint saved)
    {
        var position = _kept.FindIndex(other => IsBetter(saved.Score, other.Score));
        _kept.Insert(position < 0 ? _kept.Count : position, saved);
    }

    private bool IsBetter(double score, double other) => mode == MonitorMode.Min ? score < other : score > other;

    private int Compare(SavedCheckpoint? left, SavedCheckpoint? right) =>
        IsBetter(left!.Score, right!.Score) ? -1 : IsBetter(right.Score, left.Score) ? 1 : 0;
}
