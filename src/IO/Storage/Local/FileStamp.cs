namespace Fulgurite.IO.Storage.Local;

/// <summary>What tells a file from one that another program wrote over it.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Written">When it was last written to.</param>
internal readonly record struct FileStamp(long Length, DateTime Written)
{
    /// <summary>The stamp of a file; null where there is none at that path.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(LocalDirectory.Resolve(path));
            return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or CheckpointException)
        {
            return null;
        }
    }
}
