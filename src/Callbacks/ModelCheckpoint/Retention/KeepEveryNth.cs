namespace Fulgurite.Callbacks.Retention;

/// <summary>Keeps every so manyth save for good, however good it is.</summary>
/// <param name="every">The first one that is kept is the one of this number, from one.</param>
public sealed class KeepEveryNth(int every) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Number % every == 0;
    }
}
