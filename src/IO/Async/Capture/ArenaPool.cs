namespace Fulgurite.IO;

/// <summary>A pool of memory blocks: copying into new memory costs several times as much as the copy itself. Thread-safe.</summary>
internal sealed class ArenaPool(bool hugePages) : IDisposable
{
    private readonly object _gate = new();
    private readonly List<ArenaBlock> _free = [];
    private readonly List<long> _lent = [];
    private long _leased;
    private long _standing;
    private long _idle;
    private bool _disposed;

    /// <summary>Gets the size of leased memory in bytes.</summary>
    public long LeasedBytes => Interlocked.Read(ref _leased);

    /// <summary>Gets the size of the largest leased snapshot block in bytes; zero if there is none.</summary>
    public long LargestLent
    {
        get
        {
            lock (_gate)
            {
                return _lent.Count == 0 ? 0 : _lent.Max();
            }
        }
    }

    /// <summary>Gets the size of all memory of the pool, leased or idle, in bytes.</summary>
    public long TotalBytes => Interlocked.Read(ref _leased) + Interlocked.Read(ref _idle);

    /// <summary>Returns true if a block can currently be leased without waiting. Concurrent leases and returns may change that.</summary>
    /// <param name="byteLength">The required size in bytes.</param>
    /// <param name="budget">The maximum size of all leases in bytes.</param>
    public bool HasRoom(long byteLength, long budget)
    {
        lock (_gate)
        {
            return HasRoomFor(ArenaBlock.RoundUp(byteLength), budget);
        }
    }

    /// <summary>Leases a block; waits while that would exceed the budget and other blocks are leased.</summary>
    /// <param name="byteLength">The required size in bytes.</param>
    /// <param name="budget">The maximum size of all leases in bytes.</param>
    /// <param name="onWait">Called with the budget before the first wait.</param>
    /// <param name="plan">A block with rows of this plan is preferred; null for none.</param>
    public ArenaLease Rent(long byteLength, long budget, Action<long>? onWait = null, CapturePlan? plan = null)
    {
        var size = ArenaBlock.RoundUp(byteLength);
        lock (_gate)
        {
            while (!HasRoomFor(size, budget))
            {
                onWait?.Invoke(budget);
                onWait = null;
                Monitor.Wait(_gate);
            }

            var block = Lend(size, budget, plan);
            _lent.Add(block.ByteLength);
            return new ArenaLease(this, block, isStanding: false);
        }
    }

    /// <summary>Leases an idle block; returns null if none fits.</summary>
    /// <param name="byteLength">The required size in bytes.</param>
    public ArenaLease? TryRentIdle(long byteLength)
    {
        lock (_gate)
        {
            if (_disposed || TakeFitting(ArenaBlock.RoundUp(byteLength), plan: null) is not { } block)
            {
                return null;
            }

            Interlocked.Add(ref _leased, block.ByteLength);
            _lent.Add(block.ByteLength);
            return new ArenaLease(this, block, isStanding: false);
        }
    }

    /// <summary>
    /// Leases a block immediately for memory that outlives snapshots. It counts as leased, but snapshots do not wait for it, which would be
    /// in vain.
    /// </summary>
    /// <param name="byteLength">The required size in bytes.</param>
    public ArenaLease RentStanding(long byteLength)
    {
        lock (_gate)
        {
            var block = Lend(ArenaBlock.RoundUp(byteLength), long.MaxValue);
            _standing += block.ByteLength;
            return new ArenaLease(this, block, isStanding: true);
        }
    }

    /// <summary>Allocates blocks of a size in advance and commits their pages. Intended for a background thread.</summary>
    /// <param name="byteLength">The size of a block in bytes.</param>
    /// <param name="count">The number of blocks.</param>
    public void Prepare(long byteLength, int count = 1)
    {
        for (var ready = 0; ready < count; ready++)
        {
            var block = new ArenaBlock(ArenaBlock.RoundUp(byteLength), hugePages);
            lock (_gate)
            {
                // Blocks that were rented in the meantime count as needed ones.
                if (_disposed || TotalBytes > ready * block.ByteLength)
                {
                    block.Dispose();
                    continue;
                }

                _free.Add(block);
                Interlocked.Add(ref _idle, block.ByteLength);
            }

            block.Touch();
        }
    }

    /// <summary>Takes a block back from its lease.</summary>
    public void Return(ArenaBlock block, bool isStanding)
    {
        lock (_gate)
        {
            Count(block.ByteLength, isStanding);
            if (_disposed)
            {
                block.Dispose();
            }
            else
            {
                _free.Add(block);
                Interlocked.Add(ref _idle, block.ByteLength);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Stops counting a block whose lease was finalized; the block frees itself.</summary>
    public void Forget(long byteLength, bool isStanding)
    {
        lock (_gate)
        {
            Count(byteLength, isStanding);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Frees idle blocks, and leased blocks when they are returned.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            FreeIdle();
            Monitor.PulseAll(_gate);
        }
    }

    private bool HasRoomFor(long size, long budget) => _leased == _standing || _leased + size <= budget;

    private ArenaBlock Lend(long size, long budget, CapturePlan? plan = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var block = TakeFitting(size, plan) ?? Allocate(size, budget, plan);
        Interlocked.Add(ref _leased, block.ByteLength);
        return block;
    }

    /// <summary>Updates the counters for a returned block.</summary>
    private void Count(long byteLength, bool isStanding)
    {
        Interlocked.Add(ref _leased, -byteLength);
        if (isStanding)
        {
            _standing -= byteLength;
        }
        else
        {
            _lent.Remove(byteLength);
        }
    }

    private ArenaBlock? TakeFitting(long size, CapturePlan? plan)
    {
        // A little larger is fine: states grow by a few bytes, such as when an optimizer makes its state.
        var best = _free.Where(block => block.ByteLength >= size && block.ByteLength <= size + (size / 8) + ArenaBlock.HugePage)
            .MinBy(block => (plan is null || block.Rows?.Plan != plan, block.ByteLength));
        if (best is not null)
        {
            _free.Remove(best);
            best.Rows = best.Rows?.Plan == plan ? best.Rows : null;
            Interlocked.Add(ref _idle, -best.ByteLength);
        }

        return best;
    }

    private ArenaBlock Allocate(long size, long budget, CapturePlan? plan)
    {
        if (TotalBytes + size > budget)
        {
            FreeIdle();
        }

        try
        {
            return new ArenaBlock(size, hugePages, hasRows: plan is { RowBytes: > 0 });
        }
        catch (OutOfMemoryException) when (_free.Count > 0)
        {
            // Memory that is kept for later may be missing now.
            FreeIdle();
            return Allocate(size, budget, plan);
        }
        catch (OutOfMemoryException exception)
        {
            throw new InvalidOperationException(
                $"There is no memory for a snapshot of {size} bytes. Save less often, lower MemoryBudget, "
                    + "or save without AsyncCheckpointIO, which needs no copy.",
                exception);
        }
    }

    private void FreeIdle()
    {
        _free.ForEach(block => block.Dispose());
        _free.Clear();
        Interlocked.Exchange(ref _idle, 0);
    }
}
