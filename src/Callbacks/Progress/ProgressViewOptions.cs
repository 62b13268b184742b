using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>What a <see cref="ProgressView"/> shows.</summary>
public sealed class ProgressViewOptions
{
    /// <summary>Whether nothing is shown at all. Default: false.</summary>
    public bool Quiet { get; set; }

    /// <summary>The metrics that are shown, in this order; null for those that were logged with <c>progressBar: true</c>. Default: null.</summary>
    public IList<string>? Metrics { get; set; }

    /// <summary>Whether a table of the parts of the module is shown when a fit begins. Default: true.</summary>
    public bool ShowModel { get; set; } = true;

    /// <summary>How many levels of parts that table has; -1 for all. Default: 1.</summary>
    [Range(-1, 1000)]
    public int ModelDepth { get; set; } = 1;

    /// <summary>Whether a few lines say at the end how the run went: steps, time, best checkpoint, what checkpoints cost. Default: true.</summary>
    public bool ShowSummary { get; set; } = true;

    /// <summary>How long a drawing stands at least. Default: a tenth of a second.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How much time passes at least between two added lines within an epoch where nothing can be drawn over. Default: ten seconds.</summary>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
