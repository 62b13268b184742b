namespace Fulgurite.IO;

/// <summary>Blocks of memory that are used again: fresh memory costs several times the copy into it. Used by any thread.</summary>
internal sealed class ArenaPool(bool hugePages) : IDisposable
{
    private readonly object _gate = new();
    private readonly List<ArenaBlock> _free = [];
    private readonly List<long> _lent = [];
    private long _leased;
    private long _standing;
    private long _idle;
    private bool _disposed;

    /// <summary>What is lent, in bytes.</summary>
    public long LeasedBytes => Interlocked.Read(ref _leased);

    /// <summary>The largest block that is lent to one snapshot, in bytes; zero if none is.</summary>
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

    /// <summary>All memory of the pool, lent or waiting, in bytes.</summary>
    public long TotalBytes => Interlocked.Read(ref _leased) + Interlocked.Read(ref _idle);

    /// <summary>Whether a block could be lent now without waiting. One that is lent or given back meanwhile changes that.</summary>
    /// <param name="byteLength">How much is needed.</param>
    /// <param name="budget">How much may be lent in all.</param>
    public bool HasRoom(long byteLength, long budget)
    {
        lock (_gate)
        {
            return HasRoomFor(ArenaBlock.RoundUp(byteLength), budget);
        }
    }

    /// <summary>Lends a block, and waits while that would exceed the budget and something else is lent.</summary>
    /// <param name="byteLength">How much is needed.</param>
    /// <param name="budget">How much may be lent in all.</param>
    /// <param name="onWait">Called once before the first wait, with the budget.</param>
    public ArenaLease Rent(long byteLength, long budget, Action<long>? onWait = null)
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

            var block = Lend(size, budget);
            _lent.Add(block.ByteLength);
            return new ArenaLease(this, block, isStanding: false);
        }
    }

    /// <summary>
    /// Lends a block at once, for what stays while snapshots come and go. It counts, but a snapshot does not wait for it: it would wait in vain.
    /// </summary>
    /// <param name="byteLength">How much is needed.</param>
    public ArenaLease RentStanding(long byteLength)
    {
        lock (_gate)
        {
            var block = Lend(ArenaBlock.RoundUp(byteLength), long.MaxValue);
            _standing += block.ByteLength;
            return new ArenaLease(this, block, isStanding: true);
        }
    }

    /// <summary>Has blocks for so many bytes each ready, their memory handed out by the operating system. For a thread of its own.</summary>
    /// <param name="byteLength">How many bytes.</param>
    /// <param name="count">How many blocks.</param>
    public void Prepare(long byteLength, int count = 1)
    {
        for (var ready = 0; ready < count; ready++)
        {
            var block = new ArenaBlock(ArenaBlock.RoundUp(byteLength), hugePages);
            lock (_gate)
            {
                // Those that somebody took meanwhile are among those that are needed.
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

    /// <summary>Stops counting a block whose lease the garbage collector found; the block frees itself.</summary>
    public void Forget(long byteLength, bool isStanding)
    {
        lock (_gate)
        {
            Count(byteLength, isStanding);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Frees what is not lent, and what is lent once it comes back.</summary>
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

    private ArenaBlock Lend(long size, long budget)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var block = TakeFitting(size) ?? Allocate(size, budget);
        Interlocked.Add(ref _leased, block.ByteLength);
        return block;
    }

    /// <summary>Counts a block that comes back.</summary>
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

    private ArenaBlock? TakeFitting(long size)
    {
        // A little larger is fine: states grow by a few bytes, such as when an optimizer makes its state.
        var best = _free.Where(block => block.ByteLength >= size && block.ByteLength <= size + (size / 8) + ArenaBlock.HugePage).MinBy(block => block.ByteLength);
        if (best is not null)
        {
            _free.Remove(best);
            Interlocked.Add(ref _idle, -best.ByteLength);
        }

        return best;
    }

    private ArenaBlock Allocate(long size, long budget)
    {
        if (TotalBytes + size > budget)
        {
            FreeIdle();
        }

        try
        {
            return new ArenaBlock(size, hugePages);
        }
        catch (OutOfMemoryException) when (_free.Count > 0)
        {
            // What is kept for later may be what is missing now.
            FreeIdle();
            return Allocate(size, budget);
        }
        catch (OutOfMemoryException exception)
        {
            throw new InvalidOperationException($"There is no memory for a snapshot of {size} bytes. Save less often, lower MemoryBudget, or save without AsyncCheckpointIO, which needs no copy.", exception);
        }
    }

    private void FreeIdle()
    {
        _free.ForEach(block => block.Dispose());
        _free.Clear();
        Interlocked.Exchange(ref _idle, 0);
    }
}
