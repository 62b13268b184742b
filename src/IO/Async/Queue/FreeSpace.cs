using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>
/// What storage had left when it was last looked at: the writer looks after each write, so that a save need not ask a busy file system. A save
/// that this would refuse asks, and so does the first into a directory.
/// </summary>
/// <param name="files">The storage; null if it does not report free space.</param>
internal sealed class FreeSpace(ICheckpointFiles? files)
{
    /// <summary>Checkpoints that have a directory each must not be remembered for ever.</summary>
    private const int MostDirectories = 64;

    // Written by the writer thread and by whoever saves, read by whoever saves.
    private readonly ConcurrentDictionary<string, long> _available = new(StringComparer.Ordinal);

    /// <summary>What there is for a checkpoint at a path if that is too little; null if it is enough, or nobody knows.</summary>
    public long? FindShortage(string path, long byteLength)
    {
        if (files is null || (_available.TryGetValue(DirectoryOf(path), out var known) && known >= byteLength))
        {
            return null;
        }

        // Room may have been made since.
        return Look(path) is { } available && available < byteLength ? available : null;
    }

    /// <summary>Looks again, after a checkpoint was written or could not be; never throws.</summary>
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
