using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>Options of <see cref="MirrorCheckpointIO"/>.</summary>
public sealed class MirrorOptions
{
    /// <summary>Gets or sets the folder of the copies. Required.</summary>
    [Required]
    public string? Folder { get; set; }
}
