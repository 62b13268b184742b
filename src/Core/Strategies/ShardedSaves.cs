using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The saves of a <see cref="CheckpointIO"/> with <see cref="ICheckpointParts"/>: every process writes its part in the background, and the
/// processes agree at step boundaries on the parts that are durable. Once all are, rank 0 commits the checkpoint in the background.
/// </summary>
/// <remarks>Used on the threads of the run. All processes have the same list of saves, and make the same calls.</remarks>
internal sealed class ShardedSaves(CheckpointIO io, ICheckpointParts parts, ProcessCollectives collectives)
{
    private readonly List<ShardedSave> _saves = [];

    /// <summary>Gets a value indicating whether all saves have ended.</summary>
    public bool IsEmpty => _saves.Count == 0;

    /// <summary>Submits the part of this process.</summary>
    public SaveOperation Save(TrainingState state, string path, SaveOptions? options)
    {
        var name = collectives.Broadcast(new SaveName(path, parts.CreateSaveId()));
        var save = new ShardedSave(name, options ?? new SaveOptions(), new ShardedIO(io, parts, collectives.Rank, collectives.WorldSize));
        save.Submit(state, SlotFor(save));
        _saves.Add(save);
        return save.Operation;
    }

    /// <summary>Exchanges the outcomes of all parts and commits, and settles the saves that have ended in all processes.</summary>
    /// <param name="atEnd">Whether the run ends.</param>
    public void Settle(bool atEnd = false)
    {
        if (_saves.Count == 0)
        {
            return;
        }

        var ends = collectives.Gather(_saves.ConvertAll(save => save.Report()), atEnd);
        var busy = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < _saves.Count; index++)
        {
            // Commits to one path are queued in the order of the saves, and removals of parts do not overtake them.
            var save = _saves[index];
            save.Advance(ends.Select(rank => rank[index]).ToList(), mayCommit: !busy.Contains(save.Operation.Path));
            if (!save.IsQueued)
            {
                busy.Add(save.Operation.Path);
            }
        }

        _saves.RemoveAll(save => save.Operation.Outcome != CheckpointOutcome.Pending);
    }

    /// <summary>Waits until all saves have ended in all processes.</summary>
    /// <exception cref="InvalidOperationException">The other processes are gone.</exception>
    public void End()
    {
        while (!IsEmpty)
        {
            // Each pass ends what this process has queued: the parts in the first, the commits of rank 0 in the second.
            Flush();
            Settle(atEnd: true);
        }

        Flush();
    }

    /// <summary>Ends all saves with what this process knows, because the others are gone.</summary>
    public void GiveUp()
    {
        Flush();
        _saves.ForEach(save => save.GiveUp());
        _saves.Clear();
    }

    /// <summary>Returns the newest save to a path that has not ended; null if there is none.</summary>
    public SaveOperation? Find(string path) =>
        _saves.FindLast(save => string.Equals(save.Operation.Path, path, StringComparison.Ordinal))?.Operation;

    private void Flush() => io.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>
    /// Returns the slot in which a part waits. Each process would otherwise choose for itself which saves of a slot are superseded, and
    /// where writing is slow there might never be one that all have written. The oldest unfinished save of a slot is therefore never
    /// superseded, only those after it are.
    /// </summary>
    private string? SlotFor(ShardedSave save)
    {
        if (save.Options.Slot is not { } slot)
        {
            return null;
        }

        // What was the newest when an older one ended has the slot of that one, so nothing supersedes it from now on.
        var oldest = _saves.Find(each => string.Equals(each.Options.Slot, slot, StringComparison.Ordinal) && !each.IsDoomed);
        return oldest is null ? $"{slot} {save.Name.Id}" : $"{slot} after {oldest.Name.Id}";
    }
}

/// <summary>The access of a process to its part of a checkpoint.</summary>
internal sealed record ShardedIO(CheckpointIO IO, ICheckpointParts Parts, int Rank, int WorldSize);

/// <summary>The path of a save, which is that of rank 0, and its identifier.</summary>
internal sealed record SaveName(string Path, string Id);

/// <summary>One save of all processes together.</summary>
internal sealed class ShardedSave
{
    private readonly SaveOperationSource _source;
    private readonly ShardedIO _io;
    private SaveOperation _own = null!;
    private SaveOperation? _commit;
    private TimeSpan _stall;
    private TimeSpan _queueTime;
    private TimeSpan _writeTime;

    public ShardedSave(SaveName name, SaveOptions options, ShardedIO io)
    {
        (Name, _io) = (name, io);
        _source = new SaveOperationSource(name.Path, options);
    }

    public SaveName Name { get; }

    public SaveOperation Operation => _source.Operation;

    public SaveOptions Options => Operation.Options;

    /// <summary>Gets a value indicating whether the commit is queued, or the save has ended. The same in all processes.</summary>
    public bool IsQueued { get; private set; }

    /// <summary>Gets a value indicating whether a process has no part, so that there will be no checkpoint. The same in all.</summary>
    public bool IsDoomed { get; private set; }

    private string PartPath => _io.Parts.GetPartPath(Name.Path, Name.Id, _io.Rank, _io.WorldSize);

    public void Submit(TrainingState state, string? slot)
    {
        try
        {
            using var part = _io.Parts.GetPart(state, _io.Rank, _io.WorldSize);
            _own = _io.IO.Submit(part, PartPath, Options with { Slot = slot });
        }
        catch (Exception exception)
        {
            // The operation reports it in all processes, which wait for the part of this one.
            var failed = new SaveOperationSource(Name.Path, Options);
            failed.TrySetFailed(exception);
            _own = failed.Operation;
        }

        AddStall();
        _ = _own.Captured.ContinueWith(
            _ => _source.SetCaptured(_own.ByteCount), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Returns the outcome of the part of this process, and after that of the commit in rank 0.</summary>
    public PartEnd Report()
    {
        var operation = _commit ?? _own;
        return new PartEnd(
            operation.Outcome, operation.ByteCount, operation.QueueTime, operation.WriteTime, operation.Failure?.Message,
            operation.Failure is { IsTransient: true }, operation.Failure is { IsInPlace: true });
    }

    /// <summary>Takes the next step, the same in all processes.</summary>
    /// <param name="ends">The reports by rank.</param>
    /// <param name="mayCommit">Whether earlier saves to the path are queued.</param>
    public void Advance(List<PartEnd> ends, bool mayCommit)
    {
        if (IsQueued)
        {
            if (ends[0].Outcome != CheckpointOutcome.Pending)
            {
                End(ends[0], 0);
            }

            return;
        }

        var other = ends.FindIndex(end => end.Outcome is not (CheckpointOutcome.Pending or CheckpointOutcome.Durable));
        IsDoomed = other >= 0;
        if (IsDoomed)
        {
            _own.Cancel();
            if (!ends.Exists(end => end.Outcome == CheckpointOutcome.Pending))
            {
                var failed = ends.FindIndex(end => end.Outcome == CheckpointOutcome.Failed);
                var superseded = ends.FindIndex(end => end.Outcome == CheckpointOutcome.Superseded);
                Discard();
                End(ends[failed >= 0 ? failed : superseded >= 0 ? superseded : other], Math.Max(failed, 0));
            }
        }
        else if (mayCommit && ends.TrueForAll(end => end.Outcome == CheckpointOutcome.Durable))
        {
            (_queueTime, _writeTime) = (ends.Max(end => end.QueueTime), ends.Max(end => end.WriteTime));
            IsQueued = true;
            if (_io.Rank == 0)
            {
                Commit();
            }
        }
    }

    /// <summary>Ends the save with what this process knows.</summary>
    public void GiveUp() => End(
        _commit is not null || _own.Outcome == CheckpointOutcome.Failed
            ? Report()
            : new PartEnd(
                CheckpointOutcome.Failed, 0, default, default,
                $"It is unknown whether the checkpoint '{Name.Path}' was saved: the connection between the processes was lost.",
                IsTransient: false, IsInPlace: false),
        _commit is null ? _io.Rank : 0);

    private void Commit()
    {
        using var nothing = TrainingState.Captured(new StateMap());
        _commit = _io.IO.Submit(
            nothing, Name.Path, Options with { Slot = $"commit {Name.Id}", Storage = _io.Parts.GetCommit(Name.Id, _io.WorldSize) });
    }

    private void End(PartEnd end, int rank)
    {
        AddStall();
        IsQueued = true;
        switch (end.Outcome)
        {
            case CheckpointOutcome.Durable:
                _source.TrySetDurable(end.ByteCount, _queueTime, _writeTime + end.WriteTime);
                break;
            case CheckpointOutcome.Superseded:
                _source.TrySetSuperseded();
                break;
            case CheckpointOutcome.Cancelled:
                _source.TrySetCancelled();
                break;
            default:
                _source.TrySetFailed(new CheckpointException(
                    $"The checkpoint '{Name.Path}' was not saved. Rank {rank}: {end.Failure}", Name.Path,
                    rank == _io.Rank ? (_commit ?? _own).Failure : null)
                { IsTransient = end.IsTransient, IsInPlace = end.IsInPlace });
                break;
        }
    }

    /// <summary>Removes the part of this process. What cannot be removed is swept by a later save to the path.</summary>
    private void Discard()
    {
        if (_own.Outcome == CheckpointOutcome.Durable)
        {
            _ = _io.IO.RemoveCheckpointAsync(PartPath, CancellationToken.None).ContinueWith(
                static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private void AddStall()
    {
        _source.AddStall(_own.Stall - _stall);
        _stall = _own.Stall;
    }
}

/// <summary>The outcome of the part of a process or of a commit, for all processes.</summary>
internal sealed record PartEnd(
    CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure, bool IsTransient, bool IsInPlace);
