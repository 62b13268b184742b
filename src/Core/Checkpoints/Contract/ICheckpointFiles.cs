namespace Fulgurite;

/// <summary>
/// An optional capability of a <see cref="CheckpointIO"/> whose checkpoints are files: second names and free space. Found with
/// <see cref="CheckpointIO.GetCapability{T}"/>.
/// </summary>
/// <remarks>
/// May be used from any thread. A wrapper that must see every name under which a state is saved implements it itself, leaves
/// <see cref="TryLinkAsync"/> as it is, so that the state is saved through the wrapper, and forwards <see cref="GetAvailableBytes"/>.
/// </remarks>
public interface ICheckpointFiles
{
    /// <summary>
    /// Gives a durable checkpoint a second name without writing it again. An existing checkpoint at the new path is replaced as a whole, or
    /// is intact if this fails. The default links nothing.
    /// </summary>
    /// <param name="existingPath">The path of a durable checkpoint. Removing or replacing it later does not affect the second name.</param>
    /// <param name="path">The second name.</param>
    /// <param name="cancellationToken">Cancels the operation; the previous checkpoint is intact.</param>
    /// <returns>
    /// True once the second name is durable; false where the storage cannot link these two paths, or the first does not exist, so that
    /// the caller writes the state instead.
    /// </returns>
    /// <exception cref="CheckpointException">The storage can link, and failed.</exception>
    Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>
    /// Returns the available space for a checkpoint at a path, in bytes; null if it is unknown. The default returns null.
    /// </summary>
    /// <param name="path">The path; it need not exist.</param>
    /// <returns>The bytes; null if unknown.</returns>
    long? GetAvailableBytes(string path) => null;
}
