using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>How a <see cref="ProgressLine"/> shows a run.</summary>
public sealed class ProgressLineOptions
{
    /// <summary>Whether the line is redrawn in place, as on a terminal; else now and then a line is added. Default: false.</summary>
    public bool Interactive { get; set; }

    /// <summary>How many columns a redrawn line may take. Default: 80.</summary>
    [Range(20, 1000)]
    public int Width { get; set; } = 80;

    /// <summary>How long a redrawn line stands at least. Default: a tenth of a second.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How much time passes at least between two added lines within an epoch. Default: ten seconds.</summary>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
