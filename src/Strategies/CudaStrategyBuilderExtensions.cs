using Fulgurite.Composition;
using Fulgurite.Strategies;

namespace Fulgurite;

/// <summary>Adds a <see cref="CudaStrategy"/> to a trainer.</summary>
public static class CudaStrategyBuilderExtensions
{
    /// <summary>Trains on a CUDA device.</summary>
    /// <typeparam name="TStrategy"><see cref="CudaStrategy"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says on which, and how.</param>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder, Action<CudaStrategyOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<CudaStrategyOptions> =>
        builder.AddStrategy<TStrategy, CudaStrategyOptions>(configure);
}
