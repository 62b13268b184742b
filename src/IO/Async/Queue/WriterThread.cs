using System.Runtime.CompilerServices;

namespace Fulgurite.IO;

/// <summary>
/// The dedicated threads that process the queue, one item at a time. The thread pool may be busy with data loading.
/// </summary>
/// <remarks>
/// There are two threads, because Linux lets a thread lower its priority but not raise it again. The first has low priority. The second has
/// the priority of the thread that starts it, and takes over while the queue is behind or a caller waits for it.
/// </remarks>
internal sealed class WriterThread(WorkQueue queue, CheckpointWriter writer)
{
    private readonly Lock _gate = new();
    private Thread? _calm;

    // Set under the gate, read by the calm thread: until there is an urgent one, the calm one does everything.
    private volatile Thread? _urgent;

    /// <summary>Starts the threads that are needed and not running. Called by a thread of normal priority.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_calm is null)
            {
                _calm = new Thread(RunCalm) { IsBackground = true, Name = "Fulgurite checkpoints", Priority = ThreadPriority.BelowNormal };
                _calm.UnsafeStart();
            }

            if (_urgent is null && queue.IsBehind)
            {
                _urgent = new Thread(RunUrgent) { IsBackground = true, Name = "Fulgurite checkpoints, urgent" };
                _urgent.UnsafeStart();
            }
        }
    }

    /// <summary>Waits for the threads to exit after the queue was closed.</summary>
    public void Join()
    {
        _calm?.Join();
        _urgent?.Join();
    }

    private void RunCalm()
    {
        BackgroundPriority.Enter();
        Func<bool, bool> isMine = isBehind => !isBehind || _urgent is null;
        while (RunNext(isMine))
        {
        }
    }

    private void RunUrgent()
    {
        Func<bool, bool> isMine = static isBehind => isBehind;
        while (RunNext(isMine))
        {
        }
    }

    // Not inlined, so that a thread that waits for the next item does not keep the last one alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext(Func<bool, bool> isMine)
    {
        if (queue.Take(isMine) is not { } item)
        {
            return false;
        }

        item.Before.GetAwaiter().GetResult();
        try
        {
            if (item is SaveItem save)
            {
                writer.Write(save);
            }
            else
            {
                writer.Remove((RemoveItem)item);
            }
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
