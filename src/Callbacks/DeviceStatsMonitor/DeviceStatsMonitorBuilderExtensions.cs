using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="DeviceStatsMonitor"/> to a trainer.</summary>
public static class DeviceStatsMonitorBuilderExtensions
{
    /// <summary>Sends to the loggers what the process uses.</summary>
    /// <typeparam name="TCallback"><see cref="DeviceStatsMonitor"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says how often.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<DeviceStatsMonitorOptions> configure)
        where TCallback : Callback, IConfigurable<DeviceStatsMonitorOptions> =>
        builder.AddCallback<TCallback, DeviceStatsMonitorOptions>(configure);
}
