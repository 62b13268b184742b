using Fulgurite.Composition;
using Fulgurite.Loggers;
using Fulgurite.Metrics;

namespace Fulgurite;

/// <summary>Adds an <see cref="HtmlReportLogger"/> to a trainer.</summary>
public static class HtmlReportLoggerBuilderExtensions
{
    /// <summary>Writes a report of the run as one HTML file.</summary>
    /// <typeparam name="TLogger"><see cref="HtmlReportLogger"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says where to, and how often.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<HtmlReportLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<HtmlReportLoggerOptions> =>
        builder.AddLogger<TLogger, HtmlReportLoggerOptions>(configure);
}
