using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="ProgressLine"/>.</summary>
public sealed class ProgressLineOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether the line is redrawn in place, as on a terminal; otherwise, lines are appended.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Interactive { get; set; }

    /// <summary>Gets or sets the maximum number of columns of a redrawn line.</summary>
    /// <value>The default is 80.</value>
    [Range(20, 1000)]
    public int Width { get; set; } = 80;

    /// <summary>Gets or sets the minimum time between two redraws.</summary>
    /// <value>The default is 100 ms.</value>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the minimum time between two appended lines within an epoch.</summary>
    /// <value>The default is 10 s.</value>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
