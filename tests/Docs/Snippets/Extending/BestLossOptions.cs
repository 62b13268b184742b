using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>Options of <see cref="BestLossCallback"/>.</summary>
public sealed class BestLossOptions
{
    /// <summary>Gets or sets the name of the logged metric. Default: <c>best_loss</c>.</summary>
    [Required]
    public string Metric { get; set; } = "best_loss";

    /// <summary>Gets or sets the number of batches between two log entries. Default: 50.</summary>
    [Range(1, int.MaxValue)]
    public int EveryNBatches { get; set; } = 50;
}
