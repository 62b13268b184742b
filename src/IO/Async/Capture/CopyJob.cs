namespace Fulgurite.IO.Async.Capture;

/// <summary>Copies a list into a block, by as many threads as care to help.</summary>
internal sealed class CopyJob
{
    private readonly CopyList _list;
    private readonly nint _block;
    private readonly CopyList? _shared;
    private readonly nint _sharedBlock;
    private readonly bool _compares;
    private readonly int _chunkCount;
    private readonly Action<CopyJob>? _completed;
    private readonly object _gate = new();
    private volatile bool _isDone;
    private int _next;
    private int _left;

    /// <summary>Makes a job.</summary>
    /// <param name="list">What to copy.</param>
    /// <param name="block">Where to.</param>
    /// <param name="completed">Called once, by the thread that did the last chunk, before waiting threads go on.</param>
    /// <param name="shared">What besides belongs into memory that snapshots share; null for nothing.</param>
    /// <param name="sharedBlock">Where that is.</param>
    /// <param name="compares">Whether it is there already, so that it is compared rather than copied.</param>
    public CopyJob(CopyList list, nint block, Action<CopyJob>? completed = null, CopyList? shared = null, nint sharedBlock = 0, bool compares = false)
    {
        _list = list;
        _block = block;
        _completed = completed;
        _shared = shared;
        _sharedBlock = sharedBlock;
        _compares = compares;
        _left = _chunkCount = list.ChunkCount + (shared?.ChunkCount ?? 0);
        if (_left == 0)
        {
            Complete();
        }
    }

    public bool IsCompleted => _isDone;

    /// <summary>How much it copies, in bytes.</summary>
    public long ByteLength => _list.ByteLength;

    /// <summary>Whether it was given up before everything was copied.</summary>
    public bool WasAborted { get; private set; }

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
        if (chunk < _list.ChunkCount)
        {
            _list.Copy(chunk, _block);
        }
        else if (!_compares)
        {
            _shared!.Copy(chunk - _list.ChunkCount, _sharedBlock);
        }
        else if (!Differs && !_shared!.IsSame(chunk - _list.ChunkCount, _sharedBlock))
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
        _completed?.Invoke(this);
        lock (_gate)
        {
            _isDone = true;
            Monitor.PulseAll(_gate);
        }
    }
}
