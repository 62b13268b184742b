using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>
/// The dedicated threads that process the queue, one item at a time. The thread pool may be busy with data loading.
/// </summary>
/// <remarks>
/// There are two threads, because Linux lets a thread lower its priority, but usually not raise it again. The first has low priority. The
/// second has the priority of the thread that starts it, and takes over while the queue is behind, a caller waits for it, or an item is
/// late. The first one is raised, where the system permits it, until it has ended an item that is late or that a late one waits for.
/// </remarks>
internal sealed class WriterThread(WorkQueue queue, CheckpointWriter writer, TimeProvider time, WriterPriority priority, ILogger logger)
{
    private readonly Lock _gate = new();
    private Thread? _calm;

    // Set under the gate, read by the calm thread: until there is an urgent one, the calm one does everything.
    private volatile Thread? _urgent;

    // Under the gate: the item of the calm thread, and whether that was raised or could not be.
    private WorkItem? _calmItem;
    private bool _isRaised;
    private bool _isRefused;
    private ITimer? _late;

    /// <summary>Starts the threads that are needed and not running. Called by a thread of normal priority.</summary>
    public void Start()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            var isLate = queue.HurryIfLate(now);
            var late = queue.FindNextLate(now);
            if (_calm is null)
            {
                _calm = new Thread(RunCalm) { IsBackground = true, Name = "Fulgurite checkpoints" };
                _calm.UnsafeStart();
            }

            if (_urgent is null && (late is not null || queue.IsBehind))
            {
                _urgent = new Thread(RunUrgent) { IsBackground = true, Name = "Fulgurite checkpoints, urgent" };
                _urgent.UnsafeStart();
            }

            RaiseIf(isLate);
            CallWhenLate(now, late);
        }
    }

    /// <summary>Waits for the threads to exit after the queue was closed.</summary>
    public void Join()
    {
        _calm?.Join();
        _urgent?.Join();
        _late?.Dispose();
    }

    private void RunCalm()
    {
        priority.Lower();
        Func<bool, bool> isMine = isBehind => !isBehind || _urgent is null;
        while (RunNext(isMine, isCalm: true))
        {
        }
    }

    private void RunUrgent()
    {
        Func<bool, bool> isMine = static isBehind => isBehind;
        while (RunNext(isMine, isCalm: false))
        {
        }
    }

    // Not inlined, so that a thread that waits for the next item does not keep the last one alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext(Func<bool, bool> isMine, bool isCalm)
    {
        if (queue.Take(isMine) is not { } item)
        {
            return false;
        }

        if (isCalm)
        {
            Begin(item);
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

        if (isCalm)
        {
            End();
        }

        queue.Done(item);
        return true;
    }

    private void Begin(WorkItem item)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            _calmItem = item;
            RaiseIf(queue.HurryIfLate(now));
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _calmItem = null;
            if (_isRaised)
            {
                _isRaised = false;
                priority.Lower();
            }
        }
    }

    private void OnLate()
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            RaiseIf(queue.HurryIfLate(now));
            CallWhenLate(now, queue.FindNextLate(now));
        }
    }

    private void RaiseIf(bool isLate)
    {
        if (isLate && _calmItem is { } item && !_isRaised && !_isRefused)
        {
            _isRaised = priority.TryRaise();
            _isRefused = !_isRaised;
            if (_isRefused)
            {
                LogRefusal(item.Path);
            }
        }
    }

    private void LogRefusal(string path)
    {
        try
        {
            AsyncCheckpointLog.NotRaised(logger, path);
        }
        catch (Exception)
        {
            // A logger that throws fails no save, and nothing above this would catch it on the thread of a timer.
        }
    }

    // Under the gate since the queue was asked: otherwise, an older and later answer could replace the newest.
    private void CallWhenLate(long now, long? late)
    {
        if (late is { } at)
        {
            _late ??= time.CreateTimer(_ => OnLate(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _late.Change(time.GetElapsedTime(now, at), Timeout.InfiniteTimeSpan);
        }
    }
}
