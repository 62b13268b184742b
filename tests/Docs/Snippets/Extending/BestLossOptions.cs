using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>What a <see cref="BestLossCallback"/> looks at.</summary>
public sealed class BestLossOptions
{
    /// <summary>The metric under which the smallest loss is logged. Default: <c>best_loss</c>.</summary>
    [Required]
    public string Metric { get; set; } = "best_loss";

    /// <summary>After how many batches it is logged. Default: 50.</summary>
    [Range(1, int.MaxValue)]
    public int EveryNBatches { get; set; } = 50;
}
