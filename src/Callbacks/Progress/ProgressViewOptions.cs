using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="ProgressView"/>.</summary>
public sealed class ProgressViewOptions
{
    /// <summary>Gets or sets a value indicating whether all output is disabled.</summary>
    /// <value>The default is false.</value>
    public bool Quiet { get; set; }

    /// <summary>Gets or sets the metrics to show, in order; null for those logged with <c>progressBar: true</c>.</summary>
    /// <value>The default is null.</value>
    public IList<string>? Metrics { get; set; }

    /// <summary>Gets or sets a value indicating whether a table of the submodules is shown when a fit begins.</summary>
    /// <value>The default is true.</value>
    public bool ShowModel { get; set; } = true;

    /// <summary>Gets or sets the number of levels of that table; -1 for all.</summary>
    /// <value>The default is 1.</value>
    [Range(-1, 1000)]
    public int ModelDepth { get; set; } = 1;

    /// <summary>
    /// Gets or sets a value indicating whether a summary is shown at the end: steps, time, best checkpoint, cost of checkpoints.
    /// </summary>
    /// <value>The default is true.</value>
    public bool ShowSummary { get; set; } = true;

    /// <summary>Gets or sets the minimum time between two redraws.</summary>
    /// <value>The default is 100 ms.</value>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the minimum time between two appended lines within an epoch if lines cannot be redrawn.</summary>
    /// <value>The default is 10 s.</value>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
