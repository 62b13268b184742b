using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="ThroughputMonitor"/> to a trainer.</summary>
public static class ThroughputMonitorBuilderExtensions
{
    /// <summary>Sends to the loggers how fast training goes.</summary>
    /// <typeparam name="TCallback"><see cref="ThroughputMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says over how many batches it measures.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ThroughputMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<ThroughputMonitorOptions> =>
        builder.AddCallback<TCallback, ThroughputMonitorOptions>(configure);
}
