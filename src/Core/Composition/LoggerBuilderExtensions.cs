using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds metric loggers to a trainer.</summary>
public static class LoggerBuilderExtensions
{
    /// <summary>Adds a logger by its class.</summary>
    /// <typeparam name="TLogger">The class of the logger.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder)
        where TLogger : class, IMetricLogger
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLogger(typeof(TLogger));
    }

    /// <summary>Adds a logger by its class, with options. Packages provide shorter methods for their own loggers.</summary>
    /// <typeparam name="TLogger">The class of the logger.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddLogger<TLogger, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLogger<TLogger>().ConfigureLatest(configure);
    }

    /// <summary>Adds an existing logger. The caller disposes it if necessary.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="logger">The logger.</param>
    public static ITrainerBuilder AddLogger(this ITrainerBuilder builder, IMetricLogger logger)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(logger);
        builder.AddPart(logger);
        return builder;
    }

    /// <summary>Adds a logger created by a factory. The container disposes it if necessary.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the logger.</param>
    public static ITrainerBuilder AddLogger(this ITrainerBuilder builder, Func<IServiceProvider, IMetricLogger> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        builder.AddPart(factory);
        return builder;
    }

    /// <summary>Adds a logger of a class that is known only at run time, such as one from a configuration.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="type">The class, an <see cref="IMetricLogger"/>.</param>
    public static ITrainerBuilder AddLogger(this ITrainerBuilder builder, Type type)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PluginActivator.Check(type, typeof(IMetricLogger));
        var activator = PluginActivator.For(builder, type);
        builder.AddPart(services => (IMetricLogger)activator.Make(services));
        return builder;
    }
}
