namespace Fulgurite.Loggers;

/// <summary>
/// Runs work in order, one piece at a time, on the thread pool, so that the thread of the run never waits for a file. Work that throws is
/// reported and the next goes on.
/// </summary>
/// <param name="onIdle">Runs when nothing more waits: the moment to flush.</param>
/// <param name="onFailure">Told what work threw.</param>
/// <param name="onOverflow">Told once when so much waits that work is left out.</param>
internal sealed class BackgroundQueue(Action onIdle, Action<Exception> onFailure, Action onOverflow)
{
    /// <summary>More than this waits only where storage hangs; memory must not fill up with it.</summary>
    private const int Limit = 100_000;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _waiting = [];
    private TaskCompletionSource? _idle;
    private bool _overflowed;

    public void Post(Action work)
    {
        lock (_lock)
        {
            if (_waiting.Count >= Limit)
            {
                if (!_overflowed)
                {
                    _overflowed = true;
                    onOverflow();
                }

                return;
            }

            _waiting.Enqueue(work);
            if (_idle is not null)
            {
                return;
            }

            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.RunAll(), this, preferLocal: false);
    }

    /// <summary>Waits until all that was posted has run.</summary>
    /// <returns>Whether it has, in time.</returns>
    public bool Wait(TimeSpan timeout)
    {
        Task? idle;
        lock (_lock)
        {
            idle = _idle?.Task;
        }

        return idle is null || idle.Wait(timeout);
    }

    private void RunAll()
    {
        while (true)
        {
            Action? work;
            lock (_lock)
            {
                _waiting.TryDequeue(out work);
            }

            Run(work ?? onIdle);
            if (work is not null)
            {
                continue;
            }

            lock (_lock)
            {
                // What came during the flush is flushed as well.
                if (_waiting.Count == 0)
                {
                    _idle!.SetResult();
                    _idle = null;
                    _overflowed = false;
                    return;
                }
            }
        }
    }

    private void Run(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            onFailure(exception);
        }
    }
}
