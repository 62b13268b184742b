namespace Fulgurite.Callbacks.Retention;

/// <summary>
/// Says which checkpoints are kept: a plain question without memory, so that a save that fails gives its place back by itself. Who asks
/// removes what is no longer kept, once everything that is kept is durable.
/// </summary>
public interface ICheckpointRetention
{
    /// <summary>Whether a checkpoint is kept.</summary>
    /// <param name="checkpoint">One of <paramref name="all"/>.</param>
    /// <param name="all">All that are there or on their way, in the order of their saves.</param>
    bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all);
}
