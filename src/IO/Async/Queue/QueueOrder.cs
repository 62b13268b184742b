namespace Fulgurite.IO;

/// <summary>
/// Selects the next item. Operations on one path keep their order. Otherwise, the order is: removals, because they free space; links to the
/// state just written, because they are cheap; then resume points and other items alternately, so that neither waits for more than one
/// write of the other. Within each group the queue order applies.
/// </summary>
internal static class QueueOrder
{
    /// <param name="waiting">The waiting items by place; at least one.</param>
    /// <param name="last">The last item taken.</param>
    /// <param name="resumePointsFirst">Whether resume points precede all other saves instead of alternating with them.</param>
    /// <param name="isDraining">
    /// Whether a caller waits for the queue to drain and no save was added since. A resume point is then written after the other files of
    /// its state, as requested, so that it is the newest file, which a run selects if it has only file times to go by.
    /// </param>
    public static WorkItem Next(LinkedList<WorkItem> waiting, LastTaken last, bool resumePointsFirst, bool isDraining)
    {
        var first = waiting.First!.Value;
        if (waiting.Count == 1)
        {
            return first;
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        WorkItem? resumePoint = null, other = null, secondName = null;
        foreach (var item in waiting)
        {
            if (!paths.Add(item.Key))
            {
                continue;
            }

            if (item is RemoveItem && item.Before.IsCompleted)
            {
                return item;
            }

            if (item.IsResumePoint)
            {
                resumePoint ??= item;
            }
            else
            {
                other ??= item;
            }

            secondName ??= item.Shared is { } shared && ReferenceEquals(shared, last.Shared?.Target) ? item : null;
        }

        if (resumePointsFirst)
        {
            return resumePoint ?? secondName ?? first;
        }

        if (
            isDraining && resumePoint?.Shared is { } state
                && waiting.FirstOrDefault(item => !item.IsResumePoint && ReferenceEquals(item.Shared, state)) is { } sameState
                && waiting.First(item => string.Equals(item.Key, sameState.Key, StringComparison.Ordinal)) == sameState)
        {
            return sameState;
        }

        // Not simply the first of the queue: a superseding save keeps the place of the superseded one, so a resume point would always be
        // first.
        return secondName ?? (last.IsResumePoint ? other : resumePoint) ?? first;
    }
}

/// <summary>The last item taken from the queue.</summary>
/// <param name="IsResumePoint">Whether it is a resume point.</param>
/// <param name="Shared">Its captured state, as a weak reference; null if there is none.</param>
internal readonly record struct LastTaken(bool IsResumePoint, WeakReference? Shared);

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
        _paths.TryGetValue(key, out var operations)
            ? operations.FindLast(entry => entry.LeavesCheckpoint is not null).LeavesCheckpoint
            : null;
}
