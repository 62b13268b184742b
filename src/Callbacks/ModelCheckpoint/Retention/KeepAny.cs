namespace Fulgurite.Callbacks.Retention;

/// <summary>Keeps what any of several keeps.</summary>
/// <param name="parts">The several.</param>
public sealed class KeepAny(params IReadOnlyList<ICheckpointRetention> parts) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => parts.Any(part => part.Keeps(checkpoint, all));
}
