using System.ComponentModel.DataAnnotations;

namespace PluginPackage;

/// <summary>Options of <see cref="StopBelowCallback"/>.</summary>
public sealed class StopBelowOptions
{
    /// <summary>Gets or sets the metric. Default: <c>val_loss</c>.</summary>
    [Required]
    public string Metric { get; set; } = "val_loss";

    /// <summary>Gets or sets the value below which training stops. Default: 0.</summary>
    public double Value { get; set; }
}
