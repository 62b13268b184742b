
namespace Fulgurite.IO;

/// <summary>Where checkpoint files are: the local file system, or memory in tests. It knows nothing of what is in them.</summary>
/// <remarks>
/// Implementations may be used from any thread at once; a <see cref="CheckpointIO"/> above them keeps the order of operations on one
/// path. Every failure is a <see cref="CheckpointException"/> that names the path.
/// </remarks>
public interface IStorage
{
    /// <summary>
    /// Writes a file so that a crash or power cut can no longer lose it, replacing what is there. A reader meets only the old file or the
    /// new one; if this fails the old one is still there and nothing else is left.
    /// </summary>
    /// <param name="path">Where to.</param>
    /// <param name="content">What to write.</param>
    /// <param name="cancellationToken">Gives up, leaving what was there before.</param>
    /// <returns>The length of the file, in bytes.</returns>
    long Write(string path, FileContent content, CancellationToken cancellationToken);

    /// <summary>Opens a file for reading. What is read is that file even if another one takes its path meanwhile.</summary>
    /// <param name="path">Which.</param>
    /// <exception cref="CheckpointNotFoundException">There is none.</exception>
    StorageReader Open(string path);

    /// <summary>Whether there is a file at a path.</summary>
    /// <param name="path">Where.</param>
    bool Exists(string path);

    /// <summary>Removes a file for good; does nothing where there is none.</summary>
    /// <param name="path">Which.</param>
    void Delete(string path);

    /// <summary>Gives a file a second name, durably, replacing what has that name.</summary>
    /// <param name="existing">The file.</param>
    /// <param name="path">Its second name.</param>
    /// <returns>False where there are no links between these two paths, or there is no such file.</returns>
    bool TryLink(string existing, string path);

    /// <summary>Lists the files in a folder, without positions; folders below it are not looked into. The default lists none.</summary>
    /// <param name="directory">The folder.</param>
    IReadOnlyList<CheckpointEntry> List(string directory) => [];

    /// <summary>Tries whether files can be written in a folder, and leaves nothing behind but the folder. The default does nothing.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="CheckpointException">They cannot; it says who would need which right.</exception>
    void Probe(string directory)
    {
    }

    /// <summary>Claims a path for a run until the claim is disposed or the process ends. The default knows of the claims in this process alone.</summary>
    /// <param name="path">Which.</param>
    /// <param name="mayBeThere">Whether what is at the path is the run's own; else the claim is refused where anything is.</param>
    /// <returns>The claim; null where another run has claimed the path, or something is there.</returns>
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

    /// <summary>How many bytes could still be written near a path; null where that is not known.</summary>
    /// <param name="path">Where.</param>
    long? GetAvailableBytes(string path);
}
