namespace Fulgurite.IO;

/// <summary>What the writer has to do, in the order of <see cref="QueueOrder"/>, and the order of all operations on each path.</summary>
/// <param name="owner">The type that messages of a closed queue name.</param>
internal sealed class WorkQueue(Type owner)
{
    private readonly object _gate = new();
    private readonly LinkedList<WorkItem> _waiting = new();
    private readonly PathOrder _paths = new();
    private WorkItem? _running;
    private LastTaken _last;
    private long _places;
    private bool _isBehind;
    private bool _resumePointsFirst;
    private bool _isDraining;
    private bool _closed;

    /// <summary>How many items wait or run.</summary>
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

    /// <summary>How many slots waiting items fill, the given one counted.</summary>
    public int CountSlots(string? slot)
    {
        lock (_gate)
        {
            return _waiting.Select(item => item.Slot).Append(slot).Where(name => name is not null).Distinct(StringComparer.Ordinal).Count();
        }
    }

    /// <summary>Gets whether storage will have more room soon: a removal waits, or a file is being written that replaces another one.</summary>
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

    /// <summary>Gets whether the writer has fallen behind or somebody waits for it, so that it should not give way to others.</summary>
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
    /// Puts an item at the end, or at the place of those that it supersedes, which are taken out in the same moment: else the writer would find neither
    /// for as long as this thread does not get to run. It never comes before an earlier operation on its path.
    /// </summary>
    /// <returns>What it superseded.</returns>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public IReadOnlyList<WorkItem> Add(WorkItem item)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, owner);
            List<WorkItem> superseded = [];
            while (item.Slot is { } slot && Supersede(slot, item) is { } older)
            {
                superseded.Add(older);
            }

            item.Before = _paths.Enter(item.Key, item.Finished, item.LeavesCheckpoint);
            _isDraining &= item is RemoveItem;
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

    /// <summary>Waits until fewer milestones than allowed wait, or the queue is closed.</summary>
    /// <param name="limit">How many may wait.</param>
    /// <param name="onWait">Called before the first wait, without a lock on the queue's callers.</param>
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

    /// <summary>Takes what a run resumes from before everything else that waits, until nothing waits.</summary>
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

    /// <summary>Says that somebody waits for everything that waits.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            if (_waiting.First is not null)
            {
                _isDraining = true;
                SetBehind();
            }
        }
    }

    /// <summary>Takes the next item and waits for one; null once the queue is closed and empty.</summary>
    /// <param name="isMine">Whether the calling thread does the next one, by whether the writer is behind; null for always.</param>
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

            var next = QueueOrder.Next(_waiting, _last, _resumePointsFirst, _isDraining);
            _running = next;
            _waiting.Remove(next);
            _last = new LastTaken(next.IsResumePoint, next.Shared is { } shared ? new WeakReference(shared) : null);
            if (_waiting.First is null)
            {
                (_isBehind, _resumePointsFirst, _isDraining) = (false, false, false);
            }

            Monitor.PulseAll(_gate);
            return next;
        }
    }

    /// <summary>Says that the item that was taken has ended.</summary>
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

    /// <summary>Takes an item out that still waits.</summary>
    /// <returns>Whether it waited; the caller then says how it ended, and calls <see cref="WorkItem.Finish"/>.</returns>
    public bool TryTakeBack(WorkItem item)
    {
        lock (_gate)
        {
            return Remove(item);
        }
    }

    /// <summary>Takes out an item that a newer one for the same slot makes needless, and gives the newer one its place; null if there is none.</summary>
    public WorkItem? Supersede(string slot, WorkItem newer)
    {
        lock (_gate)
        {
            var older = _waiting.FirstOrDefault(item => string.Equals(item.Slot, slot, StringComparison.Ordinal) && !item.IsAwaited);
            if (older is null || !Remove(older))
            {
                return null;
            }

            newer.Place = Math.Min(newer.Place ?? long.MaxValue, older.Place!.Value);
            SetBehind();
            return older;
        }
    }

    /// <summary>Begins a load: it waits for what was asked for before on its path, and what is asked for later waits for it.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    /// <param name="load">Completes when the load has ended.</param>
    /// <returns>What to wait for.</returns>
    public Task BeginLoad(string key, Task load)
    {
        lock (_gate)
        {
            foreach (var item in _waiting.Where(item => string.Equals(item.Key, key, StringComparison.Ordinal)))
            {
                item.IsAwaited = true;
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

    /// <summary>Whether there will be a checkpoint at a path; null if nothing that is waiting says so.</summary>
    public bool? WillExist(string key)
    {
        lock (_gate)
        {
            return _paths.WillExist(key);
        }
    }

    /// <summary>Completes when everything accepted so far has ended.</summary>
    public Task WhenDrained()
    {
        lock (_gate)
        {
            var items = _running is null ? _waiting : _waiting.Prepend(_running);
            return Task.WhenAll(items.Select(item => item.Finished).ToArray());
        }
    }

    /// <summary>Accepts nothing more; what waits is still done.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
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

    private int CountMilestones() => _waiting.Count(item => item.IsMilestone);

    private void SetBehind()
    {
        _isBehind = true;
        Monitor.PulseAll(_gate);
    }
}
