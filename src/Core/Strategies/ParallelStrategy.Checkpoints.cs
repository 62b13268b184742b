using Fulgurite.State;

namespace Fulgurite;

/// <content>
/// Checkpoints: rank 0 writes, or each process its part, and all processes receive the outcome at the same step.
/// </content>
public abstract partial class ParallelStrategy
{
    private readonly Queue<SharedSave> _saves = [];
    private readonly ShardedSaves? _sharded;

    /// <inheritdoc/>
    public override SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options)
    {
        if (_sharded is not null)
        {
            return _sharded.Save(state, path, options);
        }

        // The name is that of rank 0: what another process finds in a directory may be what rank 0 has just written there.
        var save = new SharedSave(
            Collectives.Broadcast(path), options, path => Collectives.IsRankZero ? CheckpointIO.Submit(state, path, options) : null);
        _saves.Enqueue(save);
        return save.Operation;
    }

    /// <inheritdoc/>
    public override void SettleCheckpoints()
    {
        _sharded?.Settle();

        // All processes have the same saves, so they agree on whether there is anything to exchange.
        if (_saves.Count == 0)
        {
            return;
        }

        var ends = Collectives.Broadcast<SaveEnd[]>(
            Collectives.IsRankZero ? [.. _saves.TakeWhile(save => save.HasEnded).Select(save => save.End())] : []);
        foreach (var end in ends)
        {
            _saves.Dequeue().Settle(end);
        }
    }

    /// <summary>Ends the saves within a time, where every process writes its part; see <see cref="ShardedSaves.TryEnd"/>.</summary>
    /// <returns>Whether all saves have ended; null where only rank 0 writes.</returns>
    internal bool? TryEndParts(TimeSpan timeout, TimeProvider time) => _sharded?.TryEnd(timeout, time);

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path) => !Collectives.IsRankZero ? Task.CompletedTask
        : _sharded is null ? base.RemoveCheckpointAsync(path)
        : _sharded.Remove(path, () => base.RemoveCheckpointAsync(path));

    /// <inheritdoc/>
    public override TrainingState LoadCheckpoint(string path, LoadOptions? options)
    {
        if (_sharded?.Find(path) is not null)
        {
            _sharded.End();
        }

        return base.LoadCheckpoint(path, options);
    }

    /// <inheritdoc/>
    public override void TearDown()
    {
        base.TearDown();
        try
        {
            _sharded?.End();
            SettleCheckpoints();
        }
        catch (InvalidOperationException)
        {
            // The others are gone: this process reports what it knows itself.
            _sharded?.GiveUp();
        }

        while (_saves.TryDequeue(out var save))
        {
            save.Settle(save.End());
        }
    }
}

/// <summary>A save by rank 0, with a save operation in every process.</summary>
internal sealed class SharedSave
{
    private readonly SaveOperationSource _source;
    private readonly SaveOperation? _own;
    private TimeSpan _stall;

    public SharedSave(string path, SaveOptions? options, Func<string, SaveOperation?> submit)
    {
        _source = new SaveOperationSource(path, options);
        _own = submit(path);
        if (_own is null)
        {
            _source.SetCaptured(0);
            return;
        }

        AddStall();
        _ = _own.Captured.ContinueWith(
            _ => _source.SetCaptured(_own.ByteCount), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public SaveOperation Operation => _source.Operation;

    public bool HasEnded => _own is null || _own.Outcome != CheckpointOutcome.Pending;

    /// <summary>Returns the outcome as far as this process knows it.</summary>
    public SaveEnd End() => _own is { } own
        ? new SaveEnd(own.Outcome, own.ByteCount, own.QueueTime, own.WriteTime, own.Failure?.Message)
        : new SaveEnd(
            CheckpointOutcome.Failed, 0, default, default,
            $"It is unknown whether rank 0 saved the checkpoint '{Operation.Path}': the connection between the processes was lost.");

    public void Settle(SaveEnd end)
    {
        if (_own is not null)
        {
            AddStall();
            _source.AddProcessorTime(_own.ProcessorTime);
        }

        switch (end.Outcome)
        {
            case CheckpointOutcome.Durable:
                _source.TrySetDurable(end.ByteCount, end.QueueTime, end.WriteTime);
                break;
            case CheckpointOutcome.Superseded:
                _source.TrySetSuperseded();
                break;
            case CheckpointOutcome.Cancelled:
                _source.TrySetCancelled();
                break;
            default:
                _source.TrySetFailed(_own?.Failure ?? new CheckpointException(end.Failure ?? "The save did not complete.", Operation.Path));
                break;
        }
    }

    private void AddStall()
    {
        _source.AddStall(_own!.Stall - _stall);
        _stall = _own.Stall;
    }
}

/// <summary>The outcome of a save by rank 0, for the other processes.</summary>
internal sealed record SaveEnd(CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure);
