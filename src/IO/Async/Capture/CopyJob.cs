namespace Fulgurite.IO;

/// <summary>Copies the contents of one or two targets, with any number of worker threads.</summary>
internal sealed class CopyJob
{
    private readonly CopyTarget _target;
    private readonly CopyTarget? _shared;
    private readonly int _chunkCount;
    private readonly Action<CopyJob>? _completed;
    private readonly object _gate = new();
    private volatile bool _isDone;
    private int _next;
    private int _left;

    /// <summary>Initializes a job.</summary>
    /// <param name="target">The target of the copy.</param>
    /// <param name="completed">Called once, by the thread that completes the last chunk, before waiting threads continue.</param>
    /// <param name="shared">A second target in memory shared by snapshots; null if there is none.</param>
    /// <param name="compares">Whether the shared target is already filled and is compared instead of copied.</param>
    public CopyJob(CopyTarget target, Action<CopyJob>? completed = null, CopyTarget? shared = null, bool compares = false)
    {
        _target = target;
        _completed = completed;
        _shared = shared;
        Compares = compares;
        _left = _chunkCount = target.List.ChunkCount + (shared?.List.ChunkCount ?? 0);
        if (_left == 0)
        {
            Complete();
        }
    }

    public bool IsCompleted => _isDone;

    /// <summary>Gets the number of bytes to copy.</summary>
    public long ByteLength => _target.List.ByteLength;

    /// <summary>Gets a value indicating whether the job was aborted before it was complete.</summary>
    public bool WasAborted { get; private set; }

    /// <summary>Gets a value indicating whether the shared target is compared instead of copied.</summary>
    public bool Compares { get; }

    /// <summary>Gets a value indicating whether the comparison found a difference.</summary>
    public bool Differs { get; private set; }

    /// <summary>Copies chunks until all are claimed.</summary>
    public void Work()
    {
        for (var chunk = Claim(); chunk >= 0; chunk = Claim())
        {
            Do(chunk);
            if (Interlocked.Decrement(ref _left) == 0)
            {
                Complete();
            }
        }
    }

    /// <summary>Aborts all unclaimed chunks.</summary>
    public void Abort()
    {
        var unclaimed = _chunkCount - Interlocked.Exchange(ref _next, _chunkCount);
        if (unclaimed > 0)
        {
            WasAborted = true;
            if (Interlocked.Add(ref _left, -unclaimed) == 0)
            {
                Complete();
            }
        }
    }

    /// <summary>Waits until no thread reads the sources or writes to the block.</summary>
    public void Wait()
    {
        // A chunk takes a tenth of a millisecond, so it is mostly over before a thread could sleep.
        var spin = default(SpinWait);
        while (!_isDone && !spin.NextSpinWillYield)
        {
            spin.SpinOnce();
        }

        lock (_gate)
        {
            while (!_isDone)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private void Do(int chunk)
    {
        var own = _target.List.ChunkCount;
        if (chunk < own)
        {
            _target.Copy(chunk);
        }
        else if (!Compares)
        {
            _shared!.Copy(chunk - own);
        }
        else if (!Differs && !_shared!.IsSame(chunk - own))
        {
            Differs = true;
        }
    }

    private int Claim()
    {
        // Looked at first, so that helpers that come late do not count the number up without end.
        if (Volatile.Read(ref _next) >= _chunkCount)
        {
            return -1;
        }

        var chunk = Interlocked.Increment(ref _next) - 1;
        return chunk < _chunkCount ? chunk : -1;
    }

    private void Complete()
    {
        if (!WasAborted)
        {
            _target.Complete();
            if (!Compares)
            {
                _shared?.Complete();
            }
        }

        _completed?.Invoke(this);
        lock (_gate)
        {
            _isDone = true;
            Monitor.PulseAll(_gate);
        }
    }
}
