namespace Fulgurite.IO;

/// <summary>Copies what one or two targets are for, by as many threads as care to help.</summary>
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

    /// <summary>Makes a job.</summary>
    /// <param name="target">What to copy, and where to.</param>
    /// <param name="completed">Called once, by the thread that did the last chunk, before waiting threads go on.</param>
    /// <param name="shared">What besides belongs into memory that snapshots share; null for nothing.</param>
    /// <param name="compares">Whether that is there already, so that it is compared rather than copied.</param>
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

    /// <summary>How much it copies, in bytes.</summary>
    public long ByteLength => _target.List.ByteLength;

    /// <summary>Whether it was given up before everything was copied.</summary>
    public bool WasAborted { get; private set; }

    /// <summary>Whether what snapshots share is compared with its copy rather than copied.</summary>
    public bool Compares { get; }

    /// <summary>Whether something that was compared is other than in its copy.</summary>
    public bool Differs { get; private set; }

    /// <summary>Copies chunks until none is left to be claimed.</summary>
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

    /// <summary>Gives up what nobody has claimed yet.</summary>
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

    /// <summary>Waits until nothing reads the sources or writes the block any more.</summary>
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
