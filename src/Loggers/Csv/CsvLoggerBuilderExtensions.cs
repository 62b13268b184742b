using Fulgurite.Composition;
using Fulgurite.Loggers;
using Fulgurite.Metrics;

namespace Fulgurite;

/// <summary>Adds a <see cref="CsvLogger"/> to a trainer.</summary>
public static class CsvLoggerBuilderExtensions
{
    /// <summary>Writes metrics to a CSV file.</summary>
    /// <typeparam name="TLogger"><see cref="CsvLogger"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says where to.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<CsvLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<CsvLoggerOptions> =>
        builder.AddLogger<TLogger, CsvLoggerOptions>(configure);
}
