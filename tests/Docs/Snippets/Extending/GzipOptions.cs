using System.ComponentModel.DataAnnotations;
using System.IO.Compression;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>How a <see cref="GzipCheckpointIO"/> packs.</summary>
public sealed class GzipOptions
{
    /// <summary>How hard it tries. Default: the fastest.</summary>
    [EnumDataType(typeof(CompressionLevel))]
    public CompressionLevel Level { get; set; } = CompressionLevel.Fastest;
}
