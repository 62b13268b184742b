using System.ComponentModel.DataAnnotations;

namespace Fulgurite.IO;

/// <summary>How <see cref="LocalStorage"/> writes and reads.</summary>
public sealed class LocalStorageOptions
{
    /// <summary>
    /// Whether large files are written past the page cache where the file system allows it, which costs a tenth of the processor time.
    /// Default: true.
    /// </summary>
    public bool DirectIO { get; set; } = true;

    /// <summary>From which size on a file is large, in bytes. Default: 16 MiB.</summary>
    [Range(0, long.MaxValue)]
    public long DirectIOThreshold { get; set; } = 16 << 20;

    /// <summary>How many reads or writes may be in flight for one file; each has a thread and, where small tensors are gathered, a buffer of 1 MiB. Default: 4.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 4;
}

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
