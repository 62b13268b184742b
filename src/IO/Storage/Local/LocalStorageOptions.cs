using System.ComponentModel.DataAnnotations;

namespace Fulgurite.IO.Storage.Local;

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
