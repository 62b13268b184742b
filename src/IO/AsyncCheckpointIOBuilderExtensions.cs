using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds an <see cref="AsyncCheckpointIO"/> to a trainer.</summary>
public static class AsyncCheckpointIOBuilderExtensions
{
    /// <summary>Saves checkpoints in the background.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddAsyncCheckpointIO(this ITrainerBuilder builder, Action<AsyncCheckpointOptions>? configure = null) =>
        builder.AddCheckpointIO<AsyncCheckpointIO, AsyncCheckpointOptions>(configure ?? (_ => { }));

    /// <summary>Saves checkpoints in the background.</summary>
    /// <typeparam name="TCheckpointIO">The type of the wrapper, <see cref="AsyncCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<AsyncCheckpointOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<AsyncCheckpointOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, AsyncCheckpointOptions>(configure);
}
