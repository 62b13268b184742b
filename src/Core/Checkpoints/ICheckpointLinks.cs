namespace Fulgurite;

/// <summary>
/// What a <see cref="CheckpointIO"/> can do besides, where its storage knows links: give a durable checkpoint a second name
/// without writing it again. Found with <see cref="CheckpointIO.GetCapability{T}"/>.
/// </summary>
public interface ICheckpointLinks
{
    /// <summary>Makes a second name for a checkpoint. What is at the new path is replaced as a whole, or left alone if this fails.</summary>
    /// <param name="existingPath">A durable checkpoint. Removing or replacing it later leaves the second name as it is.</param>
    /// <param name="path">The second name.</param>
    /// <param name="cancellationToken">Gives up, leaving what was there before.</param>
    /// <returns>
    /// True once the second name is durable; false where the storage cannot link these two paths, or the first is not there, so that
    /// the caller writes the state instead.
    /// </returns>
    /// <exception cref="CheckpointException">The storage can link, and failed.</exception>
    Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken);
}
