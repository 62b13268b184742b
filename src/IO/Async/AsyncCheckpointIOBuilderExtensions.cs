using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.IO.Async;

namespace Fulgurite;

/// <summary>Adds an <see cref="AsyncCheckpointIO"/> to a trainer.</summary>
public static class AsyncCheckpointIOBuilderExtensions
{
    /// <summary>Saves in the background.</summary>
    /// <typeparam name="TCheckpointIO"><see cref="AsyncCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says how it captures and queues.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<AsyncCheckpointOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<AsyncCheckpointOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, AsyncCheckpointOptions>(configure);
}
