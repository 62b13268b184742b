using Fulgurite.State;

namespace Fulgurite;

/// <content>Checkpoints: rank 0 writes, and all processes receive the outcome at the same step.</content>
public abstract partial class ParallelStrategy
{
    private readonly Queue<SharedSave> _saves = [];

    /// <inheritdoc/>
    public override SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options)
    {
        // The name is that of rank 0: what another process finds in a directory may be what rank 0 has just written there.
        var save = new SharedSave(Collectives.Broadcast(path), options, path => Collectives.IsRankZero ? CheckpointIO.Submit(state, path, options) : null);
        _saves.Enqueue(save);
        return save.Operation;
    }

    /// <inheritdoc/>
    public override void SettleCheckpoints()
    {
        // All processes have the same saves, so they agree on whether there is anything to exchange.
        if (_saves.Count == 0)
        {
            return;
        }

        var ends = Collectives.Broadcast<SaveEnd[]>(Collectives.IsRankZero ? [.. _saves.TakeWhile(save => save.HasEnded).Select(save => save.End())] : []);
        foreach (var end in ends)
        {
            _saves.Dequeue().Settle(end);
        }
    }

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path) => Collectives.IsRankZero ? base.RemoveCheckpointAsync(path) : Task.CompletedTask;

    /// <inheritdoc/>
    public override void TearDown()
    {
        base.TearDown();
        try
        {
            SettleCheckpoints();
        }
        catch (InvalidOperationException)
        {
            // The others are gone: this process reports what it knows itself.
        }

        while (_saves.TryDequeue(out var save))
        {
            save.Settle(save.End());
        }
    }
}
