using Fulgurite.Loggers;

namespace Fulgurite;

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
