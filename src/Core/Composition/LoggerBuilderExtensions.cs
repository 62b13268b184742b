using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Says where the metrics of a trainer go, besides its callbacks.</summary>
public static class LoggerBuilderExtensions
{
    /// <summary>Adds a logger of a class.</summary>
    /// <typeparam name="TLogger">The class.</typeparam>
    /// <param name="builder">The trainer.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder)
        where TLogger : class, IMetricLogger
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLogger(typeof(TLogger));
    }

    /// <summary>Adds a logger of a class, configured. Packages add shorter forms for their own loggers.</summary>
    /// <typeparam name="TLogger">The class.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Changes the options.</param>
    public static ITrainerBuilder AddLogger<TLogger, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLogger<TLogger>().ConfigureLatest(configure);
    }

    /// <summary>Adds a logger that is made already. Whoever made it disposes it, should it need that.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="logger">The logger.</param>
    public static ITrainerBuilder AddLogger(this ITrainerBuilder builder, IMetricLogger logger)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(logger);
        builder.AddPart(logger);
        return builder;
    }

    /// <summary>Adds a logger that a factory makes; the container disposes it, should it need that.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="factory">Makes it.</param>
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
