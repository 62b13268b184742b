using Fulgurite.Loggers;

namespace Fulgurite;

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
