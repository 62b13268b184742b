namespace Fulgurite.Callbacks;

/// <summary>Tracks the path of the newest state and its saves: the previous checkpoint counts until a new one is durable.</summary>
internal sealed class LastCheckpoint
{
    // With the best checkpoints that the state names.
    private readonly Dictionary<SaveOperation, IReadOnlyCollection<string>> _pending = [];
    private IReadOnlyCollection<string> _named = [];
    private string? _name;
    private string? _durableName;

    // Where a save left a file that may not survive a power cut; null where there is none, or where a durable one is as well.
    private string? _inPlacePath;
    private RunPosition? _position;

    /// <summary>Gets the path of the newest state, pending or durable; null if none was saved.</summary>
    public string? Path { get; private set; }

    /// <summary>Gets the path of the newest durable state; null if there is none.</summary>
    public string? DurablePath { get; private set; }

    /// <summary>Gets the name without version of <see cref="Path"/>.</summary>
    public string? Name => _name;

    /// <summary>Gets the pending saves.</summary>
    public IReadOnlyCollection<SaveOperation> Pending => _pending.Keys;

    /// <summary>Gets a value indicating whether no save is pending.</summary>
    public bool IsIdle => _pending.Count == 0;

    /// <summary>Returns true if a path belongs to the newest state and must not be removed by others.</summary>
    public bool Holds(string path) =>
        string.Equals(path, Path, StringComparison.Ordinal) || string.Equals(path, DurablePath, StringComparison.Ordinal)
        || string.Equals(path, _inPlacePath, StringComparison.Ordinal);

    /// <summary>Returns true if the newest durable state names a best checkpoint, which a run that resumes from it needs.</summary>
    public bool Names(string path) => DurablePath is not null && _named.Contains(path, StringComparer.Ordinal);

    /// <summary>Returns true if the state at this position is saved or being saved.</summary>
    public bool IsAt(RunPosition position) => _position is { } at && at.IsSameStateAs(position);

    public void Clear()
    {
        _pending.Clear();
        _named = [];
        (_name, _durableName, Path, DurablePath, _inPlacePath, _position) = (null, null, null, null, null, null);
    }

    /// <summary>Takes over the checkpoint of an earlier run.</summary>
    public void TakeOver(string name, string path, bool isThere, RunPosition? position, IReadOnlyCollection<string> named)
    {
        (_name, Path, _position, _named) = (name, path, position, named);
        (_durableName, DurablePath) = isThere ? (name, path) : (null, null);
    }

    /// <summary>
    /// Reserves the path for a state: that of the last state with the same name, which is replaced atomically, or a new path.
    /// </summary>
    public string Reserve(string name, RunPosition position, Func<string, string> reserve)
    {
        if (Path is null || !string.Equals(name, _name, StringComparison.Ordinal))
        {
            Path = string.Equals(name, _durableName, StringComparison.Ordinal) ? DurablePath : reserve(name);
            _name = name;
        }

        _position = position;
        return Path!;
    }

    /// <summary>Cancels a reservation.</summary>
    public void GiveBack() => (_name, Path, _position) = (_durableName, DurablePath, null);

    /// <summary>Adds a pending save.</summary>
    /// <param name="operation">The save.</param>
    /// <param name="named">The paths of the best checkpoints that its state names.</param>
    public void Asked(SaveOperation operation, IReadOnlyCollection<string> named) => _pending.Add(operation, named);

    /// <summary>Handles a save that has ended.</summary>
    /// <returns>The paths of replaced files that can be removed.</returns>
    public IReadOnlyList<string> Ended(SaveOperation operation)
    {
        if (!_pending.Remove(operation, out var named))
        {
            return [];
        }

        if (operation.Outcome == CheckpointOutcome.Durable)
        {
            return SetDurable(operation.Path, named);
        }

        var isInPlace = operation.Failure is { IsInPlace: true };
        if (isInPlace && !string.Equals(operation.Path, DurablePath, StringComparison.Ordinal))
        {
            _inPlacePath = operation.Path;
        }

        if (IsIdle && isInPlace && string.Equals(operation.Path, Path, StringComparison.Ordinal))
        {
            // The next save of that name replaces it; the state has to be saved again.
            _position = null;
        }
        else if (IsIdle)
        {
            GiveBack();
        }

        return [];
    }

    /// <summary>Records that the state exists at a path, as a link or by a save.</summary>
    /// <param name="path">The path.</param>
    /// <param name="named">The paths of the best checkpoints that the state names.</param>
    /// <returns>The paths of replaced files that can be removed.</returns>
    public IReadOnlyList<string> SetDurable(string path, IReadOnlyCollection<string> named)
    {
        _named = named;
        List<string> replaced =
        [
            .. new[] { DurablePath, _inPlacePath }.OfType<string>().Where(other => !string.Equals(other, path, StringComparison.Ordinal)),
        ];
        (DurablePath, _inPlacePath) = (path, null);
        _durableName = string.Equals(path, Path, StringComparison.Ordinal) ? _name : _durableName;
        return replaced;
    }
}
