namespace Fulgurite.Loggers;

/// <summary>
/// Runs work items in order, one at a time, on the thread pool, so that the thread of the run never waits for a file. An exception is
/// reported, and the next item runs.
/// </summary>
/// <param name="onIdle">Called when the queue is empty, to flush.</param>
/// <param name="onFailure">Receives exceptions thrown by work items.</param>
/// <param name="onOverflow">Called once when the queue is full and work is discarded.</param>
internal sealed class BackgroundQueue(Action onIdle, Action<Exception> onFailure, Action onOverflow)
{
    /// <summary>The maximum queue length, reached only if the storage hangs; bounds the memory.</summary>
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

    /// <summary>Waits until all queued work has run.</summary>
    /// <returns>true if all work completed within the timeout; otherwise, false.</returns>
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

/// <summary>The metrics logged at one time.</summary>
/// <param name="Time">The time of logging.</param>
/// <param name="Step">The number of optimizer steps.</param>
/// <param name="Epoch">The number of completed epochs.</param>
/// <param name="Values">The values by name.</param>
internal sealed record MetricRecord(DateTimeOffset Time, long Step, int Epoch, KeyValuePair<string, double>[] Values);

/// <summary>The way a run ended.</summary>
internal enum RunEnd
{
    /// <summary>The run completed, or a callback stopped it.</summary>
    Completed,

    /// <summary>The run was interrupted.</summary>
    Interrupted,

    /// <summary>The run ended with an exception.</summary>
    Failed,
}
