using System.Runtime.CompilerServices;

namespace Fulgurite.IO.Async.Queue;

/// <summary>The one thread that does what is queued, in order. Its own: the pool of the runtime may be busy with data loading for long.</summary>
internal sealed class WriterThread(WorkQueue queue)
{
    private readonly Lock _gate = new();
    private Thread? _thread;

    /// <summary>Starts it if it does not run yet.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "Fulgurite checkpoints", Priority = ThreadPriority.BelowNormal };
                _thread.UnsafeStart();
            }
        }
    }

    /// <summary>Waits for its end, after the queue was closed.</summary>
    public void Join() => _thread?.Join();

    private void Run()
    {
        BackgroundPriority.Enter();
        while (RunNext())
        {
        }
    }

    // Not inlined, so that a thread that waits for the next item does not keep the last one alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext()
    {
        if (queue.Take() is not { } item)
        {
            return false;
        }

        item.Before.GetAwaiter().GetResult();
        try
        {
            item.Run();
        }
        catch (Exception exception)
        {
            // Nothing above this would catch it, and the process would end.
            item.Fail(exception);
        }

        queue.Done(item);
        return true;
    }
}
