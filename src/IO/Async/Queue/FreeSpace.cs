using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>
/// The available space of the storage as of the last write, so that a save need not query a busy file system. The storage is queried for
/// the first save to a directory, and before a save is refused.
/// </summary>
/// <param name="files">The storage; null if it does not report free space.</param>
internal sealed class FreeSpace(ICheckpointFiles? files)
{
    /// <summary>The maximum number of remembered directories, since each checkpoint may have its own.</summary>
    private const int MostDirectories = 64;

    // Written by the writer thread and by whoever saves, read by whoever saves.
    private readonly ConcurrentDictionary<string, long> _available = new(StringComparer.Ordinal);

    /// <summary>Returns the available space at a path if it is insufficient; null if it is sufficient or unknown.</summary>
    public long? FindShortage(string path, long byteLength)
    {
        if (files is null || (_available.TryGetValue(DirectoryOf(path), out var known) && known >= byteLength))
        {
            return null;
        }

        // Room may have been made since.
        return Look(path) is { } available && available < byteLength ? available : null;
    }

    /// <summary>Updates the available space after a write or a failed write; never throws.</summary>
    public void Refresh(string path)
    {
        try
        {
            Look(path);
        }
        catch (Exception)
        {
            // How the save ended is settled; whoever saves next asks, and hears of it.
            _available.TryRemove(DirectoryOf(path), out _);
        }
    }

    private long? Look(string path)
    {
        if (files is null)
        {
            return null;
        }

        var available = files.GetAvailableBytes(path);
        if (_available.Count >= MostDirectories)
        {
            _available.Clear();
        }

        // Where it is not known it never will be; then there is nothing to refuse.
        _available[DirectoryOf(path)] = available ?? long.MaxValue;
        return available;
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(path) ?? string.Empty;
}
