using Fulgurite.State;

namespace Fulgurite;

/// <content>
/// Checkpoints: rank 0 writes, or each process its part, and all processes receive the outcome at the same step.
/// </content>
public abstract partial class ParallelStrategy
{
    private readonly SharedSaves _shared;
    private readonly ShardedSaves? _sharded;

    /// <summary>Gets a value indicating whether each process writes its part of a checkpoint.</summary>
    internal bool WritesParts => _sharded is not null;

    /// <inheritdoc/>
    public override SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options) =>
        _sharded?.Save(state, path, options) ?? _shared.Save(state, path, options);

    /// <inheritdoc/>
    public override void SettleCheckpoints()
    {
        _sharded?.Settle();
        _shared.Settle();
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

        _shared.GiveUp();
    }
}
