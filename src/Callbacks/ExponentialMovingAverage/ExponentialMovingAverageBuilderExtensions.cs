using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds an <see cref="ExponentialMovingAverage"/> to a trainer.</summary>
public static class ExponentialMovingAverageBuilderExtensions
{
    /// <summary>Keeps an exponential moving average of the weights.</summary>
    /// <typeparam name="TCallback"><see cref="ExponentialMovingAverage"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says how it averages.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ExponentialMovingAverageOptions> configure)
        where TCallback : Callback, IConfigurable<ExponentialMovingAverageOptions> =>
        builder.AddCallback<TCallback, ExponentialMovingAverageOptions>(configure);
}
