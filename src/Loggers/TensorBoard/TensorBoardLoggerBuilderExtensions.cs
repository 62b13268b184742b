using Fulgurite.Composition;
using Fulgurite.Loggers;
using Fulgurite.Metrics;

namespace Fulgurite;

/// <summary>Adds a <see cref="TensorBoardLogger"/> to a trainer.</summary>
public static class TensorBoardLoggerBuilderExtensions
{
    /// <summary>Writes event files for TensorBoard.</summary>
    /// <typeparam name="TLogger"><see cref="TensorBoardLogger"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says where to.</param>
    public static ITrainerBuilder AddLogger<TLogger>(this ITrainerBuilder builder, Action<TensorBoardLoggerOptions> configure)
        where TLogger : class, IMetricLogger, IConfigurable<TensorBoardLoggerOptions> =>
        builder.AddLogger<TLogger, TensorBoardLoggerOptions>(configure);
}
