
namespace Fulgurite.Callbacks;

/// <summary>Where the newest state is saved, and where it is known to be. Follows its saves: until a new one is durable the old one counts.</summary>
internal sealed class LastCheckpoint
{
    private readonly HashSet<SaveOperation> _pending = [];
    private string? _name;
    private string? _durableName;

    // Where a save left a file that may not survive a power cut; null where there is none, or where a durable one is as well.
    private string? _inPlacePath;
    private RunPosition? _position;

    /// <summary>Where the newest state goes; null where none was saved.</summary>
    public string? Path { get; private set; }

    /// <summary>Where the newest durable one is; null where there is none.</summary>
    public string? DurablePath { get; private set; }

    /// <summary>The name that <see cref="Path"/> is a version of.</summary>
    public string? Name => _name;

    /// <summary>The saves of it that are under way.</summary>
    public IReadOnlyCollection<SaveOperation> Pending => _pending;

    /// <summary>Whether no save of it is under way.</summary>
    public bool IsIdle => _pending.Count == 0;

    /// <summary>Whether a path is one of its own, so that nobody else removes it.</summary>
    public bool Holds(string path) => string.Equals(path, Path, StringComparison.Ordinal) || string.Equals(path, DurablePath, StringComparison.Ordinal)
        || string.Equals(path, _inPlacePath, StringComparison.Ordinal);

    /// <summary>Whether a run at this position has its state saved already, or on its way.</summary>
    public bool IsAt(RunPosition position) => _position is { } at && at.IsSameStateAs(position);

    public void Clear()
    {
        _pending.Clear();
        (_name, _durableName, Path, DurablePath, _inPlacePath, _position) = (null, null, null, null, null, null);
    }

    /// <summary>Takes over what an earlier run left.</summary>
    public void TakeOver(string name, string path, bool isThere, RunPosition? position)
    {
        (_name, Path, _position) = (name, path, position);
        (_durableName, DurablePath) = isThere ? (name, path) : (null, null);
    }

    /// <summary>Says where a state of a name goes: where the last one of that name is, which is replaced as a whole, or elsewhere.</summary>
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

    /// <summary>Nothing came of a reservation.</summary>
    public void GiveBack() => (_name, Path, _position) = (_durableName, DurablePath, null);

    public void Asked(SaveOperation operation) => _pending.Add(operation);

    /// <summary>A save has ended.</summary>
    /// <returns>The paths of what it replaced and may go.</returns>
    public IReadOnlyList<string> Ended(SaveOperation operation)
    {
        if (!_pending.Remove(operation))
        {
            return [];
        }

        if (operation.Outcome == CheckpointOutcome.Durable)
        {
            return SetDurable(operation.Path);
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

    /// <summary>The state is there under this path, as a second name of another file or by a save.</summary>
    /// <returns>The paths of what it replaced and may go.</returns>
    public IReadOnlyList<string> SetDurable(string path)
    {
        List<string> replaced = [.. new[] { DurablePath, _inPlacePath }.OfType<string>().Where(other => !string.Equals(other, path, StringComparison.Ordinal))];
        (DurablePath, _inPlacePath) = (path, null);
        _durableName = string.Equals(path, Path, StringComparison.Ordinal) ? _name : _durableName;
        return replaced;
    }
}
