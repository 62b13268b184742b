using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>How a <see cref="ModelSummary"/> shows a module.</summary>
public sealed class ModelSummaryOptions
{
    /// <summary>How many levels of parts are shown: 1 for the module's own parts, 0 for the sums only, -1 for all. Default: 1.</summary>
    [Range(-1, 1000)]
    public int MaxDepth { get; set; } = 1;
}
