namespace Fulgurite.IO.Async.Queue;

/// <summary>What the writer thread has to do, in the order in which it was asked for, and the order of all operations on each path.</summary>
internal sealed class WorkQueue
{
    private readonly object _gate = new();
    private readonly LinkedList<WorkItem> _waiting = new();
    private readonly PathOrder _paths = new();
    private WorkItem? _running;
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

    /// <summary>Puts an item at the end.</summary>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public void Add(WorkItem item)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(AsyncCheckpointIO));
            item.Before = _paths.Enter(item.Key, item.Finished, item.LeavesCheckpoint);
            _waiting.AddLast(item);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes the next item and waits for one; null once the queue is closed and empty.</summary>
    public WorkItem? Take()
    {
        lock (_gate)
        {
            while (_waiting.First is null)
            {
                if (_closed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            _running = _waiting.First.Value;
            _waiting.RemoveFirst();
            return _running;
        }
    }

    /// <summary>Says that the item that was taken has ended.</summary>
    public void Done(WorkItem item)
    {
        lock (_gate)
        {
            _running = null;
            _paths.Leave(item.Key, item.Finished);
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

    /// <summary>Takes out an item that a newer one for the same slot makes needless; null if there is none.</summary>
    public WorkItem? Supersede(string slot)
    {
        lock (_gate)
        {
            var older = _waiting.FirstOrDefault(item => string.Equals(item.Slot, slot, StringComparison.Ordinal) && !item.IsAwaited);
            return older is not null && Remove(older) ? older : null;
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
        return true;
    }
}
