namespace Fulgurite.IO;

/// <summary>The order of operations on each path. Guarded by the queue; contains only paths with pending operations.</summary>
internal sealed class PathOrder
{
    private readonly Dictionary<string, List<(Task Operation, bool? LeavesCheckpoint)>> _paths = new(StringComparer.Ordinal);

    /// <summary>Appends an operation.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    /// <param name="operation">Completes when the operation ends.</param>
    /// <param name="leavesCheckpoint">Whether a checkpoint exists afterwards; null if the operation does not change that.</param>
    /// <returns>A task for all earlier operations.</returns>
    public Task Enter(string key, Task operation, bool? leavesCheckpoint)
    {
        if (!_paths.TryGetValue(key, out var operations))
        {
            operations = _paths[key] = [];
        }

        var before = operations.Count == 0 ? Task.CompletedTask : Task.WhenAll(operations.Select(entry => entry.Operation).ToArray());
        operations.Add((operation, leavesCheckpoint));
        return before;
    }

    /// <summary>Removes an operation that has ended.</summary>
    public void Leave(string key, Task operation)
    {
        var operations = _paths[key];
        operations.RemoveAll(entry => entry.Operation == operation);
        if (operations.Count == 0)
        {
            _paths.Remove(key);
        }
    }

    /// <summary>Returns whether a checkpoint will exist; null if no pending operation determines it.</summary>
    public bool? WillExist(string key) =>
        _paths.TryGetValue(key, out var operations) ? operations.FindLast(entry => entry.LeavesCheckpoint is not null).LeavesCheckpoint : null;
}
