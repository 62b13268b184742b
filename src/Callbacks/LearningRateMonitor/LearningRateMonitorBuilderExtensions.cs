using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="LearningRateMonitor"/> to a trainer.</summary>
public static class LearningRateMonitorBuilderExtensions
{
    /// <summary>Sends learning rates to the loggers.</summary>
    /// <typeparam name="TCallback"><see cref="LearningRateMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says which numbers and when.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<LearningRateMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<LearningRateMonitorOptions> =>
        builder.AddCallback<TCallback, LearningRateMonitorOptions>(configure);
}
