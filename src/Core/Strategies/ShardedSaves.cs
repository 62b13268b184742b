using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The saves of a <see cref="CheckpointIO"/> with <see cref="ICheckpointParts"/>: every process writes its part in the background, and the
/// processes agree at step boundaries on the parts that are durable. Once all are, rank 0 commits the checkpoint in the background.
/// </summary>
/// <remarks>
/// Used on the threads of the run. All processes make the same calls, so they have the same list of saves. A save after the first one waits
/// for no other process: its identifier has been agreed on before, and its path is compared afterwards. Only where the first paths differ,
/// each save takes that of rank 0.
/// </remarks>
internal sealed class ShardedSaves(CheckpointIO io, ICheckpointParts parts, ProcessCollectives collectives)
{
    /// <summary>
    /// The time to write the index, which is a small file, after other processes have used up the whole time for their parts.
    /// </summary>
    private static readonly TimeSpan CommitTime = TimeSpan.FromSeconds(10);

    /// <summary>The number of identifiers that are agreed on in advance: that of the saves between two step boundaries.</summary>
    private const int IdsAhead = 4;

    private readonly List<ShardedSave> _saves = [];
    private readonly List<ShardedRemoval> _removals = [];
    private Queue<string> _ids = [];

    // Whether all processes have had the same paths in this run; null before the first save.
    private bool? _haveSamePaths;

    /// <summary>Gets a value indicating whether all saves have ended.</summary>
    public bool IsEmpty => _saves.Count == 0;

    /// <summary>Starts a run, whose paths may be others.</summary>
    public void StartRun() => (_ids, _haveSamePaths) = ([], null);

    /// <summary>Submits the part of this process.</summary>
    /// <exception cref="InvalidOperationException">The run has failed.</exception>
    public SaveOperation Save(TrainingState state, string path, SaveOptions? options)
    {
        collectives.ThrowIfLost("a save");
        if (_ids.Count == 0 || _haveSamePaths != true)
        {
            var starts = collectives.Gather(new ShardedStart(path, CreateIds()));
            _haveSamePaths ??= starts.TrueForAll(start => string.Equals(start.Path, path, StringComparison.Ordinal));
            (path, _ids) = (starts[0].Path, new Queue<string>(starts[0].Ids!));
        }

        var name = new SaveName(path, _ids.Dequeue(), collectives.Exchanges);
        var save = new ShardedSave(name, options ?? new SaveOptions(), new ShardedIO(io, parts, collectives.Rank, collectives.WorldSize));
        save.Submit(state, SlotFor(save));
        _saves.Add(save);
        return save.Operation;
    }

    /// <summary>Exchanges the outcomes of all parts and commits, and settles the saves that have ended in all processes.</summary>
    /// <param name="atEnd">Whether the run ends.</param>
    public void Settle(bool atEnd = false)
    {
        if (_saves.Count == 0)
        {
            return;
        }

        var reports = collectives.Gather(
            new ShardedReport(_saves.ConvertAll(save => save.Report()), _ids.Count < IdsAhead ? CreateIds() : null), atEnd);
        var ends = reports.ConvertAll(report => report.Ends);
        if (ends.FindIndex(rank => rank.Count != ends[0].Count) is >= 0 and var other)
        {
            throw new InvalidOperationException(
                $"Rank {other} has {ends[other].Count} saves under way and rank 0 {ends[0].Count}: the processes have left their common "
                    + "order. All of them make the same saves.");
        }

        if (reports[0].Ids is { } ids)
        {
            _ids = new Queue<string>(ids);
        }

        var busy = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < _saves.Count; index++)
        {
            // Commits to one path are queued in the order of the saves, and removals between those that come before and after them.
            QueueRemovals();
            var save = _saves[index];
            save.Advance(ends.Select(rank => rank[index]).ToList(), mayCommit: !busy.Contains(save.Operation.Path));
            _haveSamePaths &= !save.IsStray;
            if (!save.IsQueued)
            {
                busy.Add(save.Operation.Path);
            }
        }

        QueueRemovals();
        _saves.RemoveAll(save => save.Operation.Outcome != CheckpointOutcome.Pending);
    }

    /// <summary>
    /// Removes a checkpoint, by rank 0: after the commits of earlier saves to the path, and before that of a later one.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="remove">Queues the removal.</param>
    public Task Remove(string path, Func<Task> remove)
    {
        var removal = new ShardedRemoval(_saves.FindAll(save => save.IsTo(path) && !save.IsQueued), remove);
        _removals.Add(removal);
        QueueRemovals();
        return removal.Ended;
    }

    /// <summary>Waits until all saves have ended in all processes.</summary>
    /// <exception cref="InvalidOperationException">The other processes are gone.</exception>
    public void End()
    {
        while (!IsEmpty)
        {
            // Each pass ends what this process has queued: the parts in the first, the commits of rank 0 in the second.
            Flush();
            Settle(atEnd: true);
        }

        Flush();
    }

    /// <summary>
    /// Ends the saves within a time. A checkpoint whose parts are all durable is committed, even if others are late in some process.
    /// </summary>
    /// <param name="timeout">The maximum time to wait for parts.</param>
    /// <param name="time">The clock.</param>
    /// <returns>
    /// true if all saves of all processes have ended and nothing is being written, or if that is so in this process and the others are
    /// gone; otherwise, false, and saves that cannot become checkpoints any more have failed.
    /// </returns>
    public bool TryEnd(TimeSpan timeout, TimeProvider time)
    {
        var start = time.GetTimestamp();
        TimeSpan Left() => time.GetElapsedTime(start) is var elapsed && elapsed < timeout ? timeout - elapsed : TimeSpan.Zero;
        var flush = io.FlushAsync(CancellationToken.None);
        try
        {
            // Resume points are committed while other parts are still being written.
            var first = Task.WhenAll(_saves.Where(save => save.Options.IsResumePoint).Select(save => save.Written));
            Wait(Task.WhenAny(flush, first), Left(), time);
            Settle(atEnd: true);
            flush = Task.WhenAll(flush, io.FlushAsync(CancellationToken.None));
            Wait(flush, Left(), time);
            Settle(atEnd: true);
            if (_saves.Exists(save => save.IsQueued))
            {
                var commits = Task.WhenAll(_saves.Select(save => save.Committed));
                Wait(commits, Left() + (timeout < CommitTime ? timeout : CommitTime), time);
                Settle(atEnd: true);
            }

            if (IsEmpty)
            {
                return collectives.Gather(flush.IsCompleted, atEnd: true).TrueForAll(isFlushed => isFlushed);
            }

            End(save => save.Abandon(timeout));
            return false;
        }
        catch (InvalidOperationException)
        {
            // The others are gone.
            Wait(flush, Left(), time);
            End(save => save.GiveUp());
            return flush.IsCompleted;
        }
    }

    /// <summary>
    /// Ends the saves since the last exchange that not all processes have made, because the run has failed: some may have failed before.
    /// Where the processes do not all know of the failure, these are all saves since the last exchange.
    /// </summary>
    public void WithdrawUnknown()
    {
        var unknown = _saves.FindAll(save => save.Name.Exchanges == collectives.Exchanges);
        var made = MadeByAll(unknown.ConvertAll(save => save.Name.Id));
        foreach (var save in unknown.Where(save => !made.Contains(save.Name.Id)))
        {
            save.Withdraw();
            _saves.Remove(save);
        }

        // Those that have not made these saves still have their identifiers.
        _ids = [];
        QueueRemovals();
    }

    /// <summary>Ends all saves with what this process knows, because the others are gone.</summary>
    public void GiveUp()
    {
        Flush();
        End(save => save.GiveUp());
    }

    /// <summary>Returns the newest save to a path that has not ended, or null.</summary>
    public SaveOperation? Find(string path) => _saves.FindLast(save => save.IsTo(path))?.Operation;

    private static void Wait(Task task, TimeSpan limit, TimeProvider time)
    {
        try
        {
            task.WaitAsync(limit, time).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            // The processes agree next on what has ended.
        }
    }

    private void End(Action<ShardedSave> end)
    {
        _saves.ForEach(end);
        QueueRemovals();
        _saves.Clear();
    }

    private HashSet<string> MadeByAll(List<string> ids)
    {
        try
        {
            return collectives.GatherAtFailure(ids).Aggregate(ids.ToHashSet(StringComparer.Ordinal), (made, other) =>
            {
                made.IntersectWith(other);
                return made;
            });
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }

    private string[]? CreateIds() =>
        collectives.Rank == 0 ? [.. Enumerable.Range(0, IdsAhead).Select(_ => parts.CreateSaveId())] : null;

    private void QueueRemovals() => _removals.RemoveAll(removal => removal.TryQueue());

    private void Flush() => io.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>
    /// Returns the slot in which a part waits. Each process would otherwise choose for itself which saves of a slot are superseded, and
    /// where writing is slow there might never be one that all have written. The oldest unfinished save of a slot is therefore never
    /// superseded, only those after it are.
    /// </summary>
    private string? SlotFor(ShardedSave save)
    {
        if (save.Options.Slot is not { } slot)
        {
            return null;
        }

        // What was the newest when an older one ended has the slot of that one, so nothing supersedes it from now on.
        var oldest = _saves.Find(each => string.Equals(each.Options.Slot, slot, StringComparison.Ordinal) && !each.IsDoomed);
        return oldest is null ? $"{slot} {save.Name.Id}" : $"{slot} after {oldest.Name.Id}";
    }
}

/// <summary>A removal of a checkpoint, which waits until the commits of earlier saves to its path are queued.</summary>
internal sealed class ShardedRemoval(List<ShardedSave> after, Func<Task> remove)
{
    private readonly TaskCompletionSource<Task> _queued = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _queued.Task.Unwrap();

    public bool TryQueue()
    {
        if (after.Exists(save => !save.IsQueued))
        {
            return false;
        }

        _queued.SetResult(RemoveAsync());
        return true;
    }

    private async Task RemoveAsync() => await remove().ConfigureAwait(false);
}
