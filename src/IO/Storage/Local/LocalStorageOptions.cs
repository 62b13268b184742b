using System.ComponentModel.DataAnnotations;

namespace Fulgurite.IO;

/// <summary>Options of <see cref="LocalStorage"/>.</summary>
public sealed class LocalStorageOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether large files bypass the page cache if the file system supports direct IO, which takes a tenth
    /// of the processor time.
    /// </summary>
    /// <value>The default is true.</value>
    public bool DirectIO { get; set; } = true;

    /// <summary>Gets or sets the size in bytes from which a file is written with direct IO.</summary>
    /// <value>The default is 16 MiB.</value>
    [Range(0, long.MaxValue)]
    public long DirectIOThreshold { get; set; } = 16 << 20;

    /// <summary>
    /// Gets or sets the number of concurrent reads or writes per file. Each uses a thread and, where small tensors are gathered, a buffer
    /// of 1 MiB.
    /// </summary>
    /// <value>The default is 4.</value>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 4;
}

/// <summary>Identifies a version of a file, to detect that another program has overwritten it.</summary>
/// <param name="Length">The length in bytes.</param>
/// <param name="Written">The time of the last write.</param>
internal readonly record struct FileStamp(long Length, DateTime Written)
{
    /// <summary>Returns the stamp of a file; null if the file does not exist.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(LocalDirectory.Resolve(path));
            return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException
            or CheckpointException)
        {
            return null;
        }
    }
}
