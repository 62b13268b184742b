namespace Fulgurite.IO;

/// <summary>The pending work of the writer in <see cref="QueueOrder"/>, and the order of all operations on each path.</summary>
/// <param name="owner">The type named in messages of a closed queue.</param>
internal sealed class WorkQueue(Type owner)
{
    private readonly object _gate = new();
    private readonly LinkedList<WorkItem> _waiting = new();
    private readonly PathOrder _paths = new();

    /// <summary>Items that were withdrawn before the ones that supersede them, by slot, and how many had been added by then.</summary>
    private readonly Dictionary<string, (WorkItem Item, long Added)> _vacated = new(StringComparer.Ordinal);
    private WorkItem? _running;
    private LastTaken _last;
    private long _places;
    private long _added;
    private bool _isBehind;
    private bool _resumePointsFirst;
    private bool _closed;
    private bool _hasLinks;

    /// <summary>
    /// Gets or sets a value indicating whether the names of one state are one write. Set by the writer when the storage has linked one.
    /// </summary>
    public bool HasLinks
    {
        get
        {
            lock (_gate)
            {
                return _hasLinks;
            }
        }

        set
        {
            lock (_gate)
            {
                _hasLinks = value;
            }
        }
    }

    /// <summary>Gets the number of waiting and running items.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count + (_running is null ? 0 : 1);
            }
        }
    }

    /// <summary>
    /// Returns the number of slots of waiting items, without those given: their items give way, except pinned ones of a state that is not
    /// being written.
    /// </summary>
    public int CountSlots(params string?[] except)
    {
        lock (_gate)
        {
            return _waiting.Where(item => !except.Contains(item.Slot, StringComparer.Ordinal)
                    || (item.IsPinned && !ReferenceEquals(item.Shared, _running?.Shared)))
                .Select(item => item.Slot).Where(slot => slot is not null).Distinct(StringComparer.Ordinal).Count();
        }
    }

    /// <summary>
    /// Gets a value indicating whether space is about to be freed: by a waiting removal, or by a write that replaces a file.
    /// </summary>
    public bool FreesSpace
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Any(item => item is RemoveItem) || _running is { IsSettled: false, IsMilestone: false };
            }
        }
    }

    /// <summary>
    /// Gets a value indicating whether the writer is behind or a caller waits for it, so that it should run at normal priority.
    /// </summary>
    public bool IsBehind
    {
        get
        {
            lock (_gate)
            {
                return _isBehind;
            }
        }
    }

    /// <summary>
    /// Adds an item at the end or at the place of the item that it supersedes, which is removed in the same critical section: otherwise,
    /// the writer would find neither while this thread is not scheduled. The item never precedes an earlier operation on its path.
    /// </summary>
    /// <returns>The superseded item; null if there is none. Of one slot, at most one waiting item can be superseded.</returns>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public WorkItem? Add(WorkItem item)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, owner);
            var superseded = item.Slot is { } slot ? Supersede(slot, item) : null;
            item.Before = _paths.Enter(item.Key, item.Finished, item.LeavesCheckpoint);
            item.Number = ++_added;
            var place = item.Place ?? ++_places;
            var after = _waiting.Last;
            while (after is not null && after.Value.Place > place && !string.Equals(after.Value.Key, item.Key, StringComparison.Ordinal))
            {
                after = after.Previous;
            }

            item.Place = Math.Max(place, after?.Value.Place ?? 0);
            if (after is null)
            {
                _waiting.AddFirst(item);
            }
            else
            {
                _waiting.AddAfter(after, item);
            }

            Monitor.PulseAll(_gate);
            return superseded;
        }
    }

    /// <summary>Blocks until fewer milestones than the limit are waiting, or until the queue is closed.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="onWait">Called before the first wait.</param>
    public void WaitForMilestones(int limit, Action onWait)
    {
        lock (_gate)
        {
            if (_closed || CountMilestones() < limit)
            {
                return;
            }

            onWait();
            SetBehind();
            while (!_closed && CountMilestones() >= limit)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Gives resume points priority over all other items until the queue is empty.</summary>
    public void TakeResumePointsFirst()
    {
        lock (_gate)
        {
            if (_waiting.First is not null)
            {
                _resumePointsFirst = true;
                SetBehind();
            }
        }
    }

    /// <summary>Signals that a caller waits for the queue to drain.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            if (_waiting.First is not null)
            {
                SetBehind();
            }
        }
    }

    /// <summary>Returns the timestamp at which the next item that is not late becomes late; null if none does.</summary>
    public long? FindNextLate(long now)
    {
        lock (_gate)
        {
            var next = _running?.LateAt > now ? _running.LateAt : null;
            foreach (var item in _waiting)
            {
                next = item.LateAt > now && !(item.LateAt >= next) ? item.LateAt : next;
            }

            return next;
        }
    }

    /// <summary>Marks the writer as behind if an item is late.</summary>
    /// <returns>true if one is; otherwise, false.</returns>
    public bool HurryIfLate(long now)
    {
        lock (_gate)
        {
            var isLate = _running?.LateAt <= now || _waiting.Any(item => item.LateAt <= now);
            if (isLate)
            {
                SetBehind();
            }

            return isLate;
        }
    }

    /// <summary>Takes the next item, blocking until there is one; returns null if the queue is closed and empty.</summary>
    /// <param name="isMine">Whether the calling thread takes the next item, given whether the writer is behind; null for always.</param>
    public WorkItem? Take(Func<bool, bool>? isMine = null)
    {
        lock (_gate)
        {
            while (_waiting.First is null || _running is not null || isMine?.Invoke(_isBehind) == false)
            {
                if (_closed && _waiting.First is null)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            var next = QueueOrder.Next(_waiting, _last, _resumePointsFirst, _hasLinks);
            _running = next;
            _waiting.Remove(next);
            OnTaken(next);
            _last = new LastTaken(next.IsResumePoint, next.Shared is { } shared ? new WeakReference(shared) : null);
            if (_waiting.First is null)
            {
                (_isBehind, _resumePointsFirst) = (false, false);
            }

            Monitor.PulseAll(_gate);
            return next;
        }
    }

    /// <summary>Marks the taken item as ended.</summary>
    public void Done(WorkItem item)
    {
        lock (_gate)
        {
            _running = null;
            _paths.Leave(item.Key, item.Finished);
            Monitor.PulseAll(_gate);
        }

        item.Finish();
    }

    /// <summary>Withdraws a waiting item.</summary>
    /// <returns>true if the item was waiting; the caller must then report its result and call <see cref="WorkItem.Finish"/>.</returns>
    public bool TryTakeBack(WorkItem item)
    {
        lock (_gate)
        {
            return Remove(item);
        }
    }

    /// <summary>
    /// Withdraws the item superseded by a newer one of the same slot, which inherits its place; returns null if there is none.
    /// </summary>
    public WorkItem? Supersede(string slot, WorkItem newer)
    {
        lock (_gate)
        {
            // At most the other name of the state was added since; otherwise, this is not the save that followed.
            if (_vacated.Remove(slot, out var vacated) && _added - vacated.Added <= 1)
            {
                Inherit(newer, vacated.Item);
            }

            if (RemoveOf(slot) is not { } older)
            {
                return null;
            }

            Inherit(newer, older);
            return older;
        }
    }

    /// <summary>
    /// Withdraws the item that the next one of a slot will supersede, which inherits its place when it is added; returns null if there is
    /// none, or if another name of its state keeps the memory.
    /// </summary>
    public WorkItem? Vacate(string slot)
    {
        lock (_gate)
        {
            if (FindOf(slot) is { Shared: { } state } shared
                && _waiting.Append(_running).Any(item => item != shared && ReferenceEquals(item?.Shared, state)))
            {
                return null;
            }

            var older = RemoveOf(slot);
            if (older is not null)
            {
                _vacated[slot] = (older, _added);
            }

            return older;
        }
    }

    /// <summary>Begins a load, which waits for earlier operations on its path and blocks later ones.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    /// <param name="load">Completes when the load ends.</param>
    /// <returns>The task to await before loading.</returns>
    public Task BeginLoad(string key, Task load)
    {
        lock (_gate)
        {
            foreach (var item in _waiting.Where(item => string.Equals(item.Key, key, StringComparison.Ordinal)))
            {
                item.IsPinned = true;
                SetBehind();
            }

            return _paths.Enter(key, load, leavesCheckpoint: null);
        }
    }

    /// <summary>Ends a load.</summary>
    public void EndLoad(string key, Task load)
    {
        lock (_gate)
        {
            _paths.Leave(key, load);
        }
    }

    /// <summary>Returns whether a checkpoint will exist at a path; null if no pending operation determines it.</summary>
    public bool? WillExist(string key)
    {
        lock (_gate)
        {
            return _paths.WillExist(key);
        }
    }

    /// <summary>Returns a task that completes when all operations accepted so far have ended.</summary>
    public Task WhenDrained()
    {
        lock (_gate)
        {
            var items = _running is null ? _waiting : _waiting.Prepend(_running);
            return Task.WhenAll(items.Select(item => item.Finished).ToArray());
        }
    }

    /// <summary>Stops accepting items; waiting items are still processed.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private static void Inherit(WorkItem newer, WorkItem older)
    {
        newer.Place = Math.Min(newer.Place ?? long.MaxValue, older.Place!.Value);
        newer.HasGivenWay = older.HasGivenWay;
        newer.LateAt = newer.LateAt < older.LateAt ? newer.LateAt : older.LateAt ?? newer.LateAt;
    }

    private WorkItem? FindOf(string slot) =>
        _waiting.FirstOrDefault(item => string.Equals(item.Slot, slot, StringComparison.Ordinal) && !item.IsPinned);

    private WorkItem? RemoveOf(string slot)
    {
        var older = FindOf(slot);
        if (older is null || !Remove(older))
        {
            return null;
        }

        SetBehind();
        return older;
    }

    private bool Remove(WorkItem item)
    {
        if (!_waiting.Remove(item))
        {
            return false;
        }

        _paths.Leave(item.Key, item.Finished);
        Monitor.PulseAll(_gate);
        return true;
    }

    private void OnTaken(WorkItem taken)
    {
        foreach (var item in _waiting.Where(item => item.IsResumePoint && taken is { LeavesCheckpoint: true, IsResumePoint: false }))
        {
            // A pinned one costs only a link, right after: if newer ones of its slot superseded it, each of them after other names of its
            // own, none would ever be written.
            item.HasGivenWay = true;
            item.IsPinned |= _hasLinks && taken.Shared is { } state && ReferenceEquals(item.Shared, state);
        }
    }

    private int CountMilestones() => _waiting.Count(item => item.IsMilestone);

    private void SetBehind()
    {
        _isBehind = true;
        Monitor.PulseAll(_gate);
    }
}
