namespace Fulgurite.IO;

/// <summary>
/// Selects the next item. Operations on one path keep their order. Otherwise, the order is: removals, because they free space; other names
/// of the state just written, because they are cheap; then resume points and other items alternately. A resume point gives way to one save
/// that was asked for earlier, since it may name that as the best, and is written after the other names of its state for the same reason.
/// So it waits for at most one write besides the one in progress, and for links. Within each group the queue order applies.
/// </summary>
internal static class QueueOrder
{
    /// <param name="waiting">The waiting items by place; at least one.</param>
    /// <param name="last">The last item taken.</param>
    /// <param name="resumePointsFirst">Whether resume points precede all other saves instead.</param>
    /// <param name="hasLinks">
    /// Whether the names of one state are one write. Otherwise, a resume point that has given way does not wait for other names.
    /// </param>
    public static WorkItem Next(LinkedList<WorkItem> waiting, LastTaken last, bool resumePointsFirst, bool hasLinks)
    {
        var first = waiting.First!.Value;
        if (waiting.Count == 1)
        {
            return first;
        }

        // The first operation on each path.
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var ready = waiting.Where(item => paths.Add(item.Key)).ToList();
        if (ready.Find(item => item is RemoveItem && item.Before.IsCompleted) is { } removal)
        {
            return removal;
        }

        var resumePoint = ready.Find(item => item.IsResumePoint);
        var secondName = FindName(ready, last.Shared?.Target);
        if (resumePointsFirst)
        {
            return resumePoint ?? secondName ?? first;
        }

        if (secondName is not null || resumePoint is null)
        {
            return secondName ?? first;
        }

        // Not simply the first of the queue: a superseding save keeps the place of the superseded one, so a resume point would always be
        // first.
        var other = ready.Find(item => !item.IsResumePoint);
        if (last.IsResumePoint && other is not null)
        {
            return other;
        }

        var name = FindName(ready, resumePoint.Shared);
        var earlier = resumePoint.HasGivenWay
            ? null
            : ready.Find(item => item is { IsResumePoint: false, LeavesCheckpoint: true } && item.Number < resumePoint.Number);
        return name is { IsResumePoint: false } && (hasLinks || !resumePoint.HasGivenWay) ? name : earlier ?? resumePoint;
    }

    /// <summary>Returns a save of a captured state, a resume point only if there is no other; null if there is none.</summary>
    private static WorkItem? FindName(List<WorkItem> ready, object? state) =>
        state is null ? null : ready.Where(item => ReferenceEquals(item.Shared, state)).MinBy(item => item.IsResumePoint);
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
