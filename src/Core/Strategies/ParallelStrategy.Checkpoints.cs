using Fulgurite.State;

namespace Fulgurite;

/// <content>
/// Checkpoints: rank 0 writes, or each process its part, and all processes receive the outcome at the same step.
/// </content>
public abstract partial class ParallelStrategy
{
    private readonly Queue<SharedSave> _saves = [];
    private readonly ShardedSaves? _sharded;

    /// <summary>Gets a value indicating whether each process writes its part of a checkpoint.</summary>
    internal bool WritesParts => _sharded is not null;

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

    /// <summary>Waits until all saves have ended in all processes, which all make the call.</summary>
    /// <exception cref="InvalidOperationException">The other processes are gone.</exception>
    internal void EndSaves()
    {
        CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
        _sharded?.End();
        SettleCheckpoints();
    }

    /// <inheritdoc/>
    public override void TearDown()
    {
        StopOverlap();
        base.TearDown();
        try
        {
            EndSaves();
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
