namespace Fulgurite.IO.Async.Queue;

/// <summary>Which operation on a path comes after which. Guarded by the queue; holds only paths with something under way.</summary>
internal sealed class PathOrder
{
    private readonly Dictionary<string, List<(Task Operation, bool? LeavesCheckpoint)>> _paths = new(StringComparer.Ordinal);

    /// <summary>Whether two paths are surely the same place; two spellings of a path of another system may go unseen.</summary>
    public static bool AreSame(string left, string right) => string.Equals(Key(left), Key(right), StringComparison.Ordinal);

    /// <summary>Adds an operation at the end.</summary>
    /// <param name="path">The path.</param>
    /// <param name="operation">Completes when the operation has ended.</param>
    /// <param name="leavesCheckpoint">Whether there is a checkpoint afterwards; null if it does not change that.</param>
    /// <returns>All operations before it.</returns>
    public Task Enter(string path, Task operation, bool? leavesCheckpoint)
    {
        var key = Key(path);
        if (!_paths.TryGetValue(key, out var operations))
        {
            operations = _paths[key] = [];
        }

        var before = operations.Count == 0 ? Task.CompletedTask : Task.WhenAll(operations.Select(entry => entry.Operation).ToArray());
        operations.Add((operation, leavesCheckpoint));
        return before;
    }

    /// <summary>Says that an operation has ended.</summary>
    public void Leave(string path, Task operation)
    {
        var key = Key(path);
        var operations = _paths[key];
        operations.RemoveAll(entry => entry.Operation == operation);
        if (operations.Count == 0)
        {
            _paths.Remove(key);
        }
    }

    /// <summary>Whether there will be a checkpoint; null if nothing under way says so.</summary>
    public bool? WillExist(string path) =>
        _paths.TryGetValue(Key(path), out var operations) ? operations.FindLast(entry => entry.LeavesCheckpoint is not null).LeavesCheckpoint : null;

    private static string Key(string path)
    {
        try
        {
            // For paths that are no file's this is merely a name; it orders a little too much at worst.
            return Path.GetFullPath(path);
        }
        catch (ArgumentException)
        {
            return path;
        }
    }
}
