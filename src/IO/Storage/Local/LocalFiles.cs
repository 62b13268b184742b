namespace Fulgurite.IO;

/// <summary>The files in a folder of this machine that may be checkpoints.</summary>
internal static class LocalFiles
{
    /// <summary>Those that are there, also through links; not those of this library that are hidden.</summary>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    public static IReadOnlyList<CheckpointEntry> In(string directory)
    {
        try
        {
            return Directory.Exists(directory) ? [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(Entry).OfType<CheckpointEntry>()] : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"The checkpoints in '{directory}' cannot be listed: {exception.Message} Grant the user {Environment.UserName} read access to the folder.", directory, exception);
        }
    }

    private static CheckpointEntry? Entry(FileSystemInfo found)
    {
        // Of a link what it leads to counts; one that leads nowhere, or in a circle, is nothing.
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
