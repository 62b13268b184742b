using Fulgurite.Composition;
using Fulgurite.Loggers;
using Fulgurite.Metrics;

namespace Fulgurite;

/// <summary>Adds a <see cref="JsonLinesLogger"/> to a trainer.</summary>
public static class JsonLinesLoggerBuilderExtensions
{
    /// <summary>Writes what happens in a run as a JSON object a line.</summary>
    /// <typeparam name="TLogger"><see cref="JsonLinesLogger"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says where to.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<JsonLinesLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<JsonLinesLoggerOptions> =>
        builder.AddLogger<TLogger, JsonLinesLoggerOptions>(configure);
}
