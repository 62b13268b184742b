namespace Fulgurite.Callbacks.Retention;

/// <summary>Keeps every checkpoint.</summary>
public sealed class KeepAll : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => true;
}
