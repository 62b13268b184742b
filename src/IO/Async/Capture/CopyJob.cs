namespace Fulgurite.IO;

/// <summary>Copies the contents of one to three targets, with any number of worker threads.</summary>
internal sealed class CopyJob
{
    private const int Released = 0;
    private const int Deferred = 1;
    private const int Taken = 2;
    private const int Stepped = 3;

    private readonly CopyTarget _target;
    private readonly CopyTarget? _shared;
    private readonly RowCopy? _rows;
    private readonly int _chunkCount;

    /// <summary>The number of chunks that no step can copy, so that they end at the fence.</summary>
    private readonly int _fencedCount;
    private readonly Action<CopyJob>? _completed;
    private readonly Action<CopyJob>? _fenced;
    private readonly object _gate = new();
    private volatile bool _isDone;
    private readonly int _deferredCount;
    private int _limit;
    private int _next;
    private int _left;

    /// <summary>The number of those chunks that are not copied, and one more until what follows them has ended.</summary>
    private int _fencedLeft;
    private int _deferral;

    /// <summary>Whether some of those chunks were aborted. Written before the chunks are subtracted.</summary>
    private bool _isFencedAborted;

    /// <summary>What follows an aborted job whose deferred chunks a step has taken. Guarded by the gate.</summary>
    private Action? _afterwards;

    /// <summary>Initializes a job.</summary>
    /// <param name="target">The target of the copy.</param>
    /// <param name="completed">Called once, by the thread that completes the last chunk, before waiting threads continue.</param>
    /// <param name="shared">A second target in memory shared by snapshots; null if there is none.</param>
    /// <param name="compares">Whether the shared target is already filled and is compared instead of copied.</param>
    /// <param name="rows">The copy of changed rows; null if there are none.</param>
    /// <param name="fenced">
    /// Called once the shared target is copied or compared, by the thread that does its last chunk, and before the fence is passed.
    /// </param>
    public CopyJob(
        CopyTarget target, Action<CopyJob>? completed = null, CopyTarget? shared = null, bool compares = false, RowCopy? rows = null,
        Action<CopyJob>? fenced = null)
    {
        _target = target;
        (_completed, _fenced) = (completed, fenced);
        _shared = shared;
        _rows = rows;
        Compares = compares;
        _left = _chunkCount = target.List.ChunkCount + (shared?.List.ChunkCount ?? 0) + (rows?.ChunkCount ?? 0);
        _deferredCount = target.List.DeferredChunkCount;
        _fencedCount = target.List.ChunkCount - _deferredCount + (shared?.List.ChunkCount ?? 0);
        _fencedLeft = _fencedCount == 0 ? 0 : _fencedCount + 1;
        _limit = _chunkCount - _deferredCount;
        _deferral = _deferredCount > 0 ? Deferred : Released;
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

    /// <summary>Gets a value indicating whether chunks are made for the step of an optimizer.</summary>
    public bool HasDeferred => _deferredCount > 0;

    /// <summary>Gets a value indicating whether the job copies rows.</summary>
    public bool HasRows => _rows is not null;

    /// <summary>Copies chunks until all are claimed.</summary>
    public void Work() => Work(_chunkCount);

    /// <summary>
    /// Copies what is left, and waits until nothing reads live tensors but a step that has begun: it may be a step of the calling thread.
    /// </summary>
    public void WorkBeforeChange()
    {
        Work();
        if (Volatile.Read(ref _deferral) == Taken)
        {
            WaitForOthers();
            _rows?.EndReading();
        }
        else
        {
            Wait();
        }
    }

    /// <summary>Copies everything but rows and what a step copies, and waits for other threads that do.</summary>
    public void WorkUntilFence()
    {
        Work(_fencedCount);
        var spin = default(SpinWait);
        while (Volatile.Read(ref _fencedLeft) > 0)
        {
            spin.SpinOnce();
        }
    }

    /// <summary>Keeps the job from ending until <see cref="Leave"/>.</summary>
    /// <returns>false if no chunks are left.</returns>
    public bool TryEnter()
    {
        var left = Volatile.Read(ref _left);
        while (left > 0)
        {
            var before = Interlocked.CompareExchange(ref _left, left + 1, left);
            if (before == left)
            {
                return true;
            }

            left = before;
        }

        return false;
    }

    /// <summary>Ends the job if no chunks are left.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            Complete();
        }
    }

    private void Work(int end)
    {
        for (var chunk = Claim(end); chunk >= 0; chunk = Claim(end))
        {
            Do(chunk);
            if (chunk < _fencedCount)
            {
                LeaveFenced(1);
            }

            Leave();
        }
    }

    private void LeaveFenced(int count)
    {
        if (Interlocked.Add(ref _fencedLeft, -count) == 1)
        {
            if (!_isFencedAborted)
            {
                if (!Compares)
                {
                    _shared?.Complete();
                }

                _fenced?.Invoke(this);
            }

            Volatile.Write(ref _fencedLeft, 0);
        }
    }

    /// <summary>Gets a value indicating whether chunks are left to the step of an optimizer, which has not begun.</summary>
    public bool IsDeferred => Volatile.Read(ref _deferral) == Deferred;

    /// <summary>Lets any thread copy what was left to the step of an optimizer.</summary>
    /// <returns>true if something was left to it until now.</returns>
    public bool Release()
    {
        if (Interlocked.CompareExchange(ref _deferral, Released, Deferred) != Deferred)
        {
            return false;
        }

        Volatile.Write(ref _limit, _chunkCount);
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        return true;
    }

    /// <summary>Takes the deferred chunks for the step of an optimizer; <see cref="CompleteDeferred"/> must follow.</summary>
    /// <returns>false if other threads copy them, or nothing is deferred.</returns>
    public bool TryTakeDeferred() => Interlocked.CompareExchange(ref _deferral, Taken, Deferred) == Deferred;

    /// <summary>Reports that the chunks taken by <see cref="TryTakeDeferred"/> are copied.</summary>
    public void CompleteDeferred()
    {
        _target.SkipDeferred();

        // Before the subtraction, so that nothing waits for too little.
        Volatile.Write(ref _deferral, Stepped);
        if (Interlocked.Add(ref _left, -_deferredCount) == 0)
        {
            Complete();
        }
    }

    /// <summary>Waits until no other thread copies, with chunks left to the step that has taken them.</summary>
    public void WaitForOthers()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _left) > (Volatile.Read(ref _deferral) == Taken ? _deferredCount : 0))
        {
            spin.SpinOnce();
        }
    }

    /// <summary>Waits until the step of an optimizer takes what was left to it.</summary>
    /// <returns>false if that has not happened in time.</returns>
    public bool WaitForStep(TimeSpan timeout)
    {
        var end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_gate)
        {
            while (IsDeferred)
            {
                var left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                {
                    return !IsDeferred;
                }
            }
        }

        return true;
    }

    /// <summary>
    /// Aborts all unclaimed chunks and runs an action once no thread reads the sources or writes to the block. What a step has taken, it
    /// completes, and runs the action then: it may be a step of the calling thread, which must not wait for it.
    /// </summary>
    public void AbortThen(Action action)
    {
        Abort();
        if (Volatile.Read(ref _deferral) is Taken or Stepped)
        {
            WaitForOthers();
            lock (_gate)
            {
                if (!_isDone)
                {
                    _afterwards = action;
                    return;
                }
            }
        }
        else
        {
            Wait();
        }

        action();
    }

    private void Abort()
    {
        var isTaken = Interlocked.CompareExchange(ref _deferral, Released, Deferred) is Taken or Stepped;
        var end = isTaken ? _chunkCount - _deferredCount : _chunkCount;
        var next = Interlocked.Exchange(ref _next, _chunkCount);
        var unclaimed = end - next;
        if (unclaimed > 0)
        {
            WasAborted = true;
            if (next < _fencedCount)
            {
                _isFencedAborted = true;
                LeaveFenced(_fencedCount - next);
            }

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

    /// <summary>Does one chunk: first those of the target, then the shared ones, the rows, and the deferred ones of the target.</summary>
    private void Do(int chunk)
    {
        var own = _target.List.ChunkCount - _deferredCount;
        var shared = _shared?.List.ChunkCount ?? 0;
        var rows = _rows?.ChunkCount ?? 0;
        if (chunk < own)
        {
            _target.Copy(chunk);
        }
        else if (chunk >= own + shared + rows)
        {
            _target.Copy(chunk - shared - rows);
        }
        else if (chunk >= own + shared)
        {
            _rows!.Copy(chunk - own - shared);
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

    private int Claim(int end)
    {
        while (true)
        {
            var next = Volatile.Read(ref _next);
            if (next >= Math.Min(end, Volatile.Read(ref _limit)))
            {
                return -1;
            }

            if (Interlocked.CompareExchange(ref _next, next + 1, next) == next)
            {
                return next;
            }
        }
    }

    private void Complete()
    {
        if (!WasAborted)
        {
            _target.Complete();
        }

        _rows?.EndReading();
        _completed?.Invoke(this);
        Action? afterwards;
        lock (_gate)
        {
            _isDone = true;
            afterwards = _afterwards;
            Monitor.PulseAll(_gate);
        }

        afterwards?.Invoke();
    }
}
