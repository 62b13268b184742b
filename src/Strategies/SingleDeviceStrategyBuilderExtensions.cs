using Fulgurite.Composition;
using Fulgurite.Strategies;

namespace Fulgurite;

/// <summary>Adds a <see cref="SingleDeviceStrategy"/> to a trainer.</summary>
public static class SingleDeviceStrategyBuilderExtensions
{
    /// <summary>Trains on one device.</summary>
    /// <typeparam name="TStrategy"><see cref="SingleDeviceStrategy"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says on which.</param>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder, Action<SingleDeviceStrategyOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<SingleDeviceStrategyOptions> =>
        builder.AddStrategy<TStrategy, SingleDeviceStrategyOptions>(configure);
}
