using Fulgurite.Loggers;

namespace Fulgurite;

/// <summary>Adds a <see cref="JsonLinesLogger"/> to a trainer.</summary>
public static class JsonLinesLoggerBuilderExtensions
{
    /// <summary>Writes the events of a run as JSON objects, one per line.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddJsonLinesLogger(this ITrainerBuilder builder, Action<JsonLinesLoggerOptions>? configure = null) =>
        builder.AddLogger<JsonLinesLogger, JsonLinesLoggerOptions>(configure ?? (_ => { }));

    /// <summary>Writes the events of a run as JSON objects, one per line.</summary>
    /// <typeparam name="TLogger">The type of the logger, <see cref="JsonLinesLogger"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<JsonLinesLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<JsonLinesLoggerOptions> =>
        builder.AddLogger<TLogger, JsonLinesLoggerOptions>(configure);
}
