namespace Fulgurite.IO;

/// <summary>
/// Chooses what is done next. Operations on one path keep their order. Otherwise: removals first, because they free the space that saves need;
/// second names of the state that was just written, because they cost next to nothing; then what a run resumes from and the rest in turns, so
/// that neither waits for more than one write of the other; within each, in the order of the queue.
/// </summary>
internal static class QueueOrder
{
    /// <param name="waiting">What waits, at least one item, by place.</param>
    /// <param name="last">What was taken last.</param>
    /// <param name="resumePointsFirst">Whether what a run resumes from does not take turns with the rest.</param>
    /// <param name="isDraining">
    /// Whether somebody waits for everything and no save was added since. What a run resumes from is then written after the other files of its state,
    /// as it was asked for: it is the newest file, by which a run that finds no more than times takes it.
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
