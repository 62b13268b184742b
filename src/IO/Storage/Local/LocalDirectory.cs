namespace Fulgurite.IO.Storage.Local;

/// <summary>Where the file of a path really is, and the directories above it.</summary>
internal static class LocalDirectory
{
    /// <summary>
    /// The path of the file that is to be replaced: a symbolic link is followed, so that it goes on pointing to the newest file instead of
    /// being replaced by it.
    /// </summary>
    public static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        var file = new FileInfo(full);
        if (file.LinkTarget is not null)
        {
            full = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        }

        return full;
    }

    /// <summary>Makes a directory with those above it, durably.</summary>
    public static void Create(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        var above = Path.GetDirectoryName(directory);
        if (above is not null)
        {
            Create(above);
        }

        Directory.CreateDirectory(directory);
        if (above is not null)
        {
            Sync(above);
        }
    }

    /// <summary>Makes the names in a directory durable, where the system knows that.</summary>
    public static void Sync(string directory)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxFile.SyncDirectory(directory);
        }
    }
}
