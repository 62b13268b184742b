namespace Fulgurite.Callbacks.Retention;

/// <summary>Keeps no checkpoint, besides the last one where that is saved.</summary>
public sealed class KeepNone : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => false;
}
