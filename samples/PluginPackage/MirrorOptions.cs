using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>Where a <see cref="MirrorCheckpointIO"/> keeps its copies.</summary>
public sealed class MirrorOptions
{
    /// <summary>The folder. Default: none, it must be given.</summary>
    [Required]
    public string? Folder { get; set; }
}
