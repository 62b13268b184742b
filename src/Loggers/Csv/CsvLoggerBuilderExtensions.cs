using Fulgurite.Loggers;

namespace Fulgurite;

/// <summary>Adds a <see cref="CsvLogger"/> to a trainer.</summary>
public static class CsvLoggerBuilderExtensions
{
    /// <summary>Writes metrics to a CSV file.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddCsvLogger(this ITrainerBuilder builder, Action<CsvLoggerOptions>? configure = null) =>
        builder.AddLogger<CsvLogger, CsvLoggerOptions>(configure ?? (_ => { }));

    /// <summary>Writes metrics to a CSV file.</summary>
    /// <typeparam name="TLogger">The type of the logger, <see cref="CsvLogger"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<CsvLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<CsvLoggerOptions> =>
        builder.AddLogger<TLogger, CsvLoggerOptions>(configure);
}
