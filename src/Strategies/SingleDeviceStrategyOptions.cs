using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Options of <see cref="SingleDeviceStrategy"/>.</summary>
public sealed class SingleDeviceStrategyOptions
{
    /// <summary>The device, such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>. Default: <c>cpu</c>.</summary>
    [Required]
    [RegularExpression("^(cpu|mps|cuda(:[0-9]+)?)$", ErrorMessage = "Allowed is cpu, mps, cuda or cuda:N.")]
    public string Device { get; set; } = "cpu";
}

/// <summary>Adds a <see cref="SingleDeviceStrategy"/> to a trainer.</summary>
public static class SingleDeviceStrategyBuilderExtensions
{
    /// <summary>Trains on one device.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddSingleDeviceStrategy(
        this ITrainerBuilder builder, Action<SingleDeviceStrategyOptions>? configure = null) =>
        builder.AddStrategy<SingleDeviceStrategy, SingleDeviceStrategyOptions>(configure ?? (_ => { }));

    /// <summary>Trains on one device.</summary>
    /// <typeparam name="TStrategy"><see cref="SingleDeviceStrategy"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder, Action<SingleDeviceStrategyOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<SingleDeviceStrategyOptions> =>
        builder.AddStrategy<TStrategy, SingleDeviceStrategyOptions>(configure);
}
