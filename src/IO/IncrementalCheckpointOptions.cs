using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>Options of <see cref="IncrementalCheckpointIO"/>.</summary>
public sealed class IncrementalCheckpointOptions
{
    /// <summary>
    /// Gets or sets the maximum number of increments after a full file, which limits the number of files that a load reads. The next save
    /// contains everything that has changed since the full file, the start of another chain. After as many chains, it is a full file.
    /// </summary>
    /// <value>The default is 10.</value>
    [Range(1, 1000)]
    public int MaxChainLength { get; set; } = 10;
}
