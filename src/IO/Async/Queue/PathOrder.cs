namespace Fulgurite.IO;

/// <summary>Which operation on a path comes after which. Guarded by the queue; holds only paths with something under way.</summary>
internal sealed class PathOrder
{
    private readonly Dictionary<string, List<(Task Operation, bool? LeavesCheckpoint)>> _paths = new(StringComparer.Ordinal);

    /// <summary>Adds an operation at the end.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    /// <param name="operation">Completes when the operation has ended.</param>
    /// <param name="leavesCheckpoint">Whether there is a checkpoint afterwards; null if it does not change that.</param>
    /// <returns>All operations before it.</returns>
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

    /// <summary>Says that an operation has ended.</summary>
    public void Leave(string key, Task operation)
    {
        var operations = _paths[key];
        operations.RemoveAll(entry => entry.Operation == operation);
        if (operations.Count == 0)
        {
            _paths.Remove(key);
        }
    }

    /// <summary>Whether there will be a checkpoint; null if nothing under way says so.</summary>
    public bool? WillExist(string key) =>
        _paths.TryGetValue(key, out var operations) ? operations.FindLast(entry => entry.LeavesCheckpoint is not null).LeavesCheckpoint : null;
}
