using System.ComponentModel.DataAnnotations;

namespace Fulgurite.IO;

/// <summary>Options of an <see cref="ObjectStorage"/>.</summary>
public abstract class ObjectStorageOptions
{
    /// <summary>
    /// Gets or sets the size in bytes of a part of an upload and of a ranged read. A file that fits in one part is written with a single
    /// request. It grows for files that would need more than 10,000 parts.
    /// </summary>
    /// <value>The default is 8 MiB; the minimum is 5 MiB, as in S3.</value>
    [Range(5 << 20, 1 << 30)]
    public int PartSize { get; set; } = 8 << 20;

    /// <summary>
    /// Gets or sets the number of concurrent requests per file. Each uses a thread and, where small tensors are gathered, a buffer of
    /// <see cref="PartSize"/> in a save, and about three in a load.
    /// </summary>
    /// <value>The default is 8.</value>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 8;

    /// <summary>Gets or sets the number of retries of a failed request, with exponential back-off.</summary>
    /// <value>The default is 5.</value>
    [Range(0, 100)]
    public int Retries { get; set; } = 5;

    /// <summary>Gets or sets the time after which a request is abandoned and retried.</summary>
    /// <value>The default is 100 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets or sets the age from which an unfinished upload in the folder is considered to be abandoned, and is aborted.</summary>
    /// <value>The default is one day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan StaleUploadAge { get; set; } = TimeSpan.FromDays(1);
}
