using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>Options of <see cref="ThreadedStrategy"/>.</summary>
public sealed class ThreadedOptions
{
    /// <summary>Gets or sets the number of threads of libtorch. Default: 1.</summary>
    [Range(1, 1024)]
    public int Threads { get; set; } = 1;
}
