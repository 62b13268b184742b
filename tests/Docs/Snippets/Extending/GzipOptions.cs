using System.ComponentModel.DataAnnotations;
using System.IO.Compression;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>Options of <see cref="GzipCheckpointIO"/>.</summary>
public sealed class GzipOptions
{
    /// <summary>Gets or sets the compression level. Default: the fastest.</summary>
    [EnumDataType(typeof(CompressionLevel))]
    public CompressionLevel Level { get; set; } = CompressionLevel.Fastest;
}
