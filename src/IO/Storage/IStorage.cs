namespace Fulgurite.IO;

/// <summary>Stores checkpoint files, such as in the local file system or in memory. The content is opaque to it.</summary>
/// <remarks>
/// Implementations must be thread-safe. The <see cref="CheckpointIO"/> that uses a storage orders the operations on one path. Operations
/// on different paths run at the same time; in particular, a sharded checkpoint is written by several calls of <see cref="Write"/> on
/// different threads. Every failure is reported as a <see cref="CheckpointException"/> with the path.
/// </remarks>
public interface IStorage
{
    /// <summary>
    /// Writes a file durably, replacing an existing one. Readers see either the old file or the new one. If the write fails, the old file
    /// is intact and no temporary file remains.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="content">The content to write.</param>
    /// <param name="cancellationToken">A token to cancel the operation; the previous file stays intact.</param>
    /// <returns>The length of the file, in bytes.</returns>
    long Write(string path, FileContent content, CancellationToken cancellationToken);

    /// <summary>Opens a file for reading. The reader keeps its content even if the file is replaced.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="CheckpointNotFoundException">The file does not exist.</exception>
    StorageReader Open(string path);

    /// <summary>Determines whether a file exists.</summary>
    /// <param name="path">The path of the file.</param>
    bool Exists(string path);

    /// <summary>Deletes a file durably; does nothing if it does not exist.</summary>
    /// <param name="path">The path of the file.</param>
    void Delete(string path);

    /// <summary>
    /// Deletes files that nothing needs any more. The default implementation deletes one after the other; a storage overrides it if it can
    /// make the deletion of several durable at once.
    /// </summary>
    /// <param name="paths">The paths of the files, all in one folder.</param>
    /// <exception cref="CheckpointException">A file could not be deleted. The others are deleted.</exception>
    void Delete(IReadOnlyCollection<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        CheckpointException? failure = null;
        foreach (var path in paths)
        {
            try
            {
                Delete(path);
            }
            catch (CheckpointException exception)
            {
                failure ??= exception;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Creates a second name for a file durably, replacing an existing file of that name.</summary>
    /// <param name="existing">The path of the file.</param>
    /// <param name="path">Its second name.</param>
    /// <returns>true if the link was created; false if links between the two paths are not supported or the file does not exist.</returns>
    bool TryLink(string existing, string path);

    /// <summary>
    /// Lists the files of a folder, without positions and without subfolders. The default implementation returns an empty list.
    /// </summary>
    /// <param name="directory">The folder.</param>
    IReadOnlyList<CheckpointEntry> List(string directory) => [];

    /// <summary>
    /// Lists the paths of the folders in a folder. The default implementation returns an empty list: sharded checkpoints, which are
    /// folders, are then found only by their paths.
    /// </summary>
    /// <param name="directory">The folder.</param>
    IReadOnlyList<string> ListFolders(string directory) => [];

    /// <summary>
    /// Removes a folder if it is empty; otherwise, does nothing. The default implementation does nothing, which is right where a folder is
    /// only a part of names.
    /// </summary>
    /// <param name="directory">The folder.</param>
    void DeleteFolder(string directory)
    {
    }

    /// <summary>Tests whether files can be written in a folder, creating it if needed. The default implementation does nothing.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="CheckpointException">The folder is not writable; the message names the user and the missing permission.</exception>
    void Probe(string directory)
    {
    }

    /// <summary>
    /// Claims a path for a run until the claim is disposed or the process ends. The default implementation is limited to the current
    /// process.
    /// </summary>
    /// <param name="path">The path to claim.</param>
    /// <param name="mayBeThere">Whether a file at the path belongs to the run; otherwise, the claim is refused if one exists.</param>
    /// <returns>The claim; null if another run holds the path, or if a foreign file exists there.</returns>
    IDisposable? TryClaim(string path, bool mayBeThere)
    {
        var claim = NameClaims.Of(this).TryTake(path);
        if (claim is null || mayBeThere || !Exists(path))
        {
            return claim;
        }

        claim.Dispose();
        return null;
    }

    /// <summary>Returns the available space near a path in bytes; null if it is unknown.</summary>
    /// <param name="path">The path of a file.</param>
    long? GetAvailableBytes(string path);
}
