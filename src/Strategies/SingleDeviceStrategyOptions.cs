using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Strategies;

/// <summary>Where a <see cref="SingleDeviceStrategy"/> trains.</summary>
public sealed class SingleDeviceStrategyOptions
{
    /// <summary>The device, such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>. Default: <c>cpu</c>.</summary>
    [Required]
    [RegularExpression("^(cpu|mps|cuda(:[0-9]+)?)$", ErrorMessage = "Allowed is cpu, mps, cuda or cuda:N.")]
    public string Device { get; set; } = "cpu";
}
