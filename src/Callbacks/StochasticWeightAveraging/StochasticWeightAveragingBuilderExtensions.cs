using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="StochasticWeightAveraging"/> to a trainer.</summary>
public static class StochasticWeightAveragingBuilderExtensions
{
    /// <summary>Averages the weights of the last epochs.</summary>
    /// <typeparam name="TCallback"><see cref="StochasticWeightAveraging"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says when it begins, and with which learning rates.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<StochasticWeightAveragingOptions> configure)
        where TCallback : Callback, IConfigurable<StochasticWeightAveragingOptions> =>
        builder.AddCallback<TCallback, StochasticWeightAveragingOptions>(configure);
}
