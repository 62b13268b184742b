using Fulgurite.Composition;
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

/// <summary>Adds an <see cref="HtmlReportLogger"/> to a trainer.</summary>
public static class HtmlReportLoggerBuilderExtensions
{
    /// <summary>Writes a report of the run to an HTML file.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddHtmlReportLogger(this ITrainerBuilder builder, Action<HtmlReportLoggerOptions>? configure = null) =>
        builder.AddLogger<HtmlReportLogger, HtmlReportLoggerOptions>(configure ?? (_ => { }));

    /// <summary>Writes a report of the run to an HTML file.</summary>
    /// <typeparam name="TLogger">The type of the logger, <see cref="HtmlReportLogger"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<HtmlReportLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<HtmlReportLoggerOptions> =>
        builder.AddLogger<TLogger, HtmlReportLoggerOptions>(configure);
}

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

/// <summary>Adds a <see cref="TensorBoardLogger"/> to a trainer.</summary>
public static class TensorBoardLoggerBuilderExtensions
{
    /// <summary>Writes event files for TensorBoard.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddTensorBoardLogger(this ITrainerBuilder builder, Action<TensorBoardLoggerOptions>? configure = null) =>
        builder.AddLogger<TensorBoardLogger, TensorBoardLoggerOptions>(configure ?? (_ => { }));

    /// <summary>Writes event files for TensorBoard.</summary>
    /// <typeparam name="TLogger">The type of the logger, <see cref="TensorBoardLogger"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<TensorBoardLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<TensorBoardLoggerOptions> =>
        builder.AddLogger<TLogger, TensorBoardLoggerOptions>(configure);
}
