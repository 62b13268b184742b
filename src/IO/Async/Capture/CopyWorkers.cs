using System.Runtime.CompilerServices;

namespace Fulgurite.IO;

/// <summary>Dedicated threads that help to copy. The thread pool may be busy with data loading when a save starts.</summary>
internal sealed class CopyWorkers(int helpers) : IDisposable
{
    private const int Nice = 5;

    private readonly object _gate = new();
    private readonly Queue<CopyJob> _jobs = new();
    private readonly List<Thread> _threads = [];
    private bool _disposed;

    /// <summary>Gets the number of threads, without that of the caller.</summary>
    public int Helpers => helpers;

    /// <summary>Starts all threads in advance.</summary>
    public void Start()
    {
        lock (_gate)
        {
            while (!_disposed && _threads.Count < helpers)
            {
                Start(_threads.Count);
            }
        }
    }

    /// <summary>Assigns workers to a job and returns immediately.</summary>
    public void Help(CopyJob job, int count)
    {
        lock (_gate)
        {
            if (_disposed || helpers == 0 || job.IsCompleted)
            {
                return;
            }

            for (var index = 0; index < Math.Min(count, helpers); index++)
            {
                if (_threads.Count <= index)
                {
                    Start(index);
                }

                _jobs.Enqueue(job);
                Monitor.Pulse(_gate);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        _threads.ForEach(thread => thread.Join());
    }

    private void Start(int index)
    {
        var thread = new Thread(Run) { IsBackground = true, Name = $"Fulgurite copy {index + 1}" };
        _threads.Add(thread);
        thread.UnsafeStart();
    }

    private void Run()
    {
        // A thread that wakes up must not take the processor from the one that saves. Not as low as the writer: a fence may wait for these.
        BackgroundPriority.Enter(Nice);
        while (RunNext())
        {
        }
    }

    // Not inlined, so that a thread that waits for the next job does not keep the last one, and with it a snapshot, alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext()
    {
        var job = Take();
        job?.Work();
        return job is not null;
    }

    private CopyJob? Take()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                if (_disposed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            return _jobs.Dequeue();
        }
    }
}
