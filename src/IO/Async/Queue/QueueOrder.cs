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

        if (isDraining && resumePoint?.Shared is { } state && waiting.FirstOrDefault(item => !item.IsResumePoint && ReferenceEquals(item.Shared, state)) is { } sameState
            && waiting.First(item => string.Equals(item.Key, sameState.Key, StringComparison.Ordinal)) == sameState)
        {
            return sameState;
        }

        // Not simply the first of the queue: what supersedes keeps its place, and what a run resumes from would always be the first.
        return secondName ?? (last.IsResumePoint ? other : resumePoint) ?? first;
    }
}
