using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>Resolves paths and creates directories durably.</summary>
/// <param name="calls">The calls of the file system.</param>
internal sealed class LocalDirectory(FileCalls calls)
{
    private const int NotPermitted = 1, AccessDenied = 13, ReadOnly = 30;

    // Directories whose own name is durable. Accessed by any thread.
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the path of the file to replace. A symbolic link is followed, so that it keeps pointing to the newest file instead of being
    /// replaced.
    /// </summary>
    public static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(LocalPath.Of(path));
        var file = new FileInfo(full);
        if (file.LinkTarget is not null)
        {
            full = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        }

        return full;
    }

    /// <summary>
    /// Creates a directory and its parents, and makes all their names durable, including those of existing directories: their creator may
    /// not have synced them, or may have been killed before.
    /// </summary>
    public void Prepare(string directory)
    {
        var exists = Directory.Exists(directory);
        if (exists && _durable.ContainsKey(directory))
        {
            return;
        }

        var above = Path.GetDirectoryName(directory);
        if (above is not null)
        {
            Prepare(above);
            SyncName(above, directory, exists);
        }

        _durable[directory] = true;
    }

    /// <summary>Removes a directory if it is empty. Whether that is durable does not matter.</summary>
    public void RemoveIfEmpty(string directory)
    {
        try
        {
            if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
            {
                _durable.TryRemove(directory, out _);
                calls.RemoveDirectory(directory);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process has written a file to it, or has removed it.
        }
    }

    private void SyncName(string above, string directory, bool exists)
    {
        try
        {
            using var handle = calls.OpenDirectory(above);
            if (exists)
            {
                calls.SyncDirectory(handle);
                return;
            }

            calls.CreateDirectory(directory);
            try
            {
                calls.SyncDirectory(handle);
            }
            catch
            {
                // The next attempt creates it again: another sync of the same name could succeed although the name is lost.
                calls.RemoveDirectory(directory);
                throw;
            }
        }
        catch (Exception exception) when (exists && StorageErrors.Number(exception) is NotPermitted or AccessDenied or ReadOnly)
        {
            // A parent directory of another user: this process cannot have created its name.
        }
    }
}

/// <summary>The files in a folder of this machine that may be checkpoints.</summary>
internal static class LocalFiles
{
    /// <summary>Returns the files, including links to files, without the hidden files of this library.</summary>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    public static IReadOnlyList<CheckpointEntry> In(string directory)
    {
        try
        {
            return Directory.Exists(directory)
                ? [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(Entry).OfType<CheckpointEntry>()]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unlistable(directory, exception);
        }
    }

    /// <summary>Returns the paths of the folders in a folder, including links to folders, without hidden ones of this library.</summary>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> FoldersIn(string directory)
    {
        try
        {
            return Directory.Exists(directory)
                ? [.. new DirectoryInfo(directory).EnumerateDirectories()
                    .Where(folder => !folder.Name.StartsWith(".fulgurite-", StringComparison.Ordinal)).Select(folder => folder.FullName)]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unlistable(directory, exception);
        }
    }

    private static CheckpointException Unlistable(string directory, Exception exception) =>
        new(
            $"The checkpoints in '{directory}' cannot be listed: {exception.Message} Grant the user {Environment.UserName} read access "
                + "to the folder.",
            directory, exception);

    private static CheckpointEntry? Entry(FileSystemInfo found)
    {
        // A link counts as its target; dangling and circular links are ignored.
        var target = found.LinkTarget is null ? found : Target(found);
        return target is FileInfo { Exists: true } file && !found.Name.StartsWith(".fulgurite-", StringComparison.Ordinal)
            ? new CheckpointEntry(found.FullName, file.Length, new DateTimeOffset(file.LastWriteTimeUtc))
            : null;
    }

    private static FileSystemInfo? Target(FileSystemInfo link)
    {
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
