using Fulgurite.State;

namespace Fulgurite;

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

    // The first process whose part is not written yet, or null. All processes agree on it.
    private int? _late;

    // Whether the processes have compared their paths, and the first one that has another path than rank 0, or null.
    private bool _isCompared;
    private (int Rank, string Path)? _stray;

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

    /// <summary>Gets a value indicating whether a process has another path than rank 0. The same in all.</summary>
    public bool IsStray => _stray is not null;

    /// <summary>Gets a task that completes when the part of this process has ended.</summary>
    public Task Written => _own.Completion;

    /// <summary>Gets a task that completes when the commit has ended, if this process has queued it.</summary>
    public Task Committed => _commit?.Completion ?? Task.CompletedTask;

    private string PartPath => _io.Parts.GetPartPath(Name.Path, Name.Id, _io.Rank, _io.WorldSize);

    public bool IsTo(string path) => string.Equals(Name.Path, path, StringComparison.Ordinal);

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
            operation.Failure is { IsTransient: true }, operation.Failure is { IsInPlace: true }, _isCompared ? null : Name.Path);
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

        _late = ends.FindIndex(end => end.Outcome == CheckpointOutcome.Pending) is >= 0 and var late ? late : null;
        if (!_isCompared)
        {
            _isCompared = true;
            var stray = ends.FindIndex(end => !string.Equals(end.Path, ends[0].Path, StringComparison.Ordinal));
            _stray = stray < 0 ? null : (stray, ends[stray].Path!);
        }

        var other = ends.FindIndex(end => end.Outcome is not (CheckpointOutcome.Pending or CheckpointOutcome.Durable));
        IsDoomed = other >= 0 || _stray is not null;
        if (IsDoomed)
        {
            _own.Cancel();
            if (_late is null)
            {
                var failed = ends.FindIndex(end => end.Outcome == CheckpointOutcome.Failed);
                var superseded = ends.FindIndex(end => end.Outcome == CheckpointOutcome.Superseded);
                Discard();
                if (_stray is { } found)
                {
                    End(Failed($"It saves to '{found.Path}', and rank 0 does not. Use the same path in all processes."), found.Rank);
                }
                else
                {
                    End(ends[failed >= 0 ? failed : superseded >= 0 ? superseded : other], Math.Max(failed, 0));
                }
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

    /// <summary>Ends the save with what this process knows. One whose commit is under way stays pending.</summary>
    public void GiveUp()
    {
        if (_commit is { Outcome: CheckpointOutcome.Pending })
        {
            return;
        }

        End(
            _commit is not null || _own.Outcome == CheckpointOutcome.Failed
                ? Report()
                : Failed($"It is unknown whether the checkpoint '{Name.Path}' was saved: the connection between the processes was lost."),
            _commit is null ? _io.Rank : 0);
    }

    /// <summary>Ends the save in all processes because parts are late. One whose commit is under way stays pending.</summary>
    /// <param name="waited">The time already waited.</param>
    public void Abandon(TimeSpan waited)
    {
        if (IsQueued)
        {
            return;
        }

        _own.Cancel();
        Discard();
        End(
            Failed(
                $"{(_late is null ? "An older save to the same path" : "Its part")} was not durable {waited} after the run ended early "
                    + "(DrainTimeout). The previous checkpoint is intact."),
            _late ?? 0);
    }

    /// <summary>Ends a save of which it is unknown, after a failure of the run, whether the other processes have made it.</summary>
    public void Withdraw()
    {
        Operation.IsWithdrawn = true;
        _own.Cancel();
        _ = _own.Completion.ContinueWith(
            _ => Discard(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        End(Failed("The run failed before all processes had saved it. The previous checkpoint is intact."), _io.Rank);
    }

    private static PartEnd Failed(string reason) =>
        new(CheckpointOutcome.Failed, 0, default, default, reason, IsTransient: false, IsInPlace: false, Path: null);

    private void Commit()
    {
        using var nothing = TrainingState.Captured(new StateMap());
        _commit = _io.IO.Submit(
            nothing, Name.Path, Options with { Slot = $"commit {Name.Id}", Storage = _io.Parts.GetCommit(Name.Id, _io.WorldSize) });
    }

    private void End(PartEnd end, int rank)
    {
        AddStall();
        _source.AddProcessorTime(_own.ProcessorTime + (_commit?.ProcessorTime ?? default));
        IsQueued = true;
        _source.TrySet(
            end.Outcome, end.ByteCount, (_queueTime, _writeTime + end.WriteTime),
            () => new CheckpointException(
                $"The checkpoint '{Name.Path}' was not saved. Rank {rank}: {end.Failure}", Name.Path,
                rank == _io.Rank ? (_commit ?? _own).Failure : null)
            { IsTransient = end.IsTransient, IsInPlace = end.IsInPlace });
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

/// <summary>The access of a process to its part of a checkpoint.</summary>
internal sealed record ShardedIO(CheckpointIO IO, ICheckpointParts Parts, int Rank, int WorldSize);

/// <summary>The path of a save and its identifier, the same in all processes.</summary>
/// <param name="Path">The path.</param>
/// <param name="Id">The identifier.</param>
/// <param name="Exchanges">The exchanges of the processes before the save.</param>
internal sealed record SaveName(string Path, string Id, long Exchanges);

/// <summary>The outcome of the part of a process or of a commit, for all processes; at first with the path.</summary>
internal sealed record PartEnd(
    CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure, bool IsTransient, bool IsInPlace,
    string? Path);

/// <summary>The path of a save in a process, and in rank 0 identifiers for it and the next ones.</summary>
internal sealed record ShardedStart(string Path, string[]? Ids);

/// <summary>What a process reports: the outcomes of its saves, and in rank 0 identifiers for the next ones.</summary>
internal sealed record ShardedReport(List<PartEnd> Ends, string[]? Ids);
