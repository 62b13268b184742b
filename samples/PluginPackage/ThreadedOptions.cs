using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>How a <see cref="ThreadedStrategy"/> computes.</summary>
public sealed class ThreadedOptions
{
    /// <summary>How many threads libtorch computes with. Default: 1.</summary>
    [Range(1, 1024)]
    public int Threads { get; set; } = 1;
}
