using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>When <see cref="StopBelowCallback"/> stops.</summary>
public sealed class StopBelowOptions
{
    /// <summary>The metric. Default: <c>val_loss</c>.</summary>
    [Required]
    public string Metric { get; set; } = "val_loss";

    /// <summary>Below which value of it training is done. Default: 0.</summary>
    public double Value { get; set; }
}
