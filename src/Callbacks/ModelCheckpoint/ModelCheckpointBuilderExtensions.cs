using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="ModelCheckpoint"/> to a trainer.</summary>
public static class ModelCheckpointBuilderExtensions
{
    /// <summary>Keeps the best checkpoints by a metric, and the newest one.</summary>
    /// <typeparam name="TCallback"><see cref="ModelCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says when it saves and what it keeps.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ModelCheckpointOptions> configure)
        where TCallback : Callback, IConfigurable<ModelCheckpointOptions> =>
        builder.AddCallback<TCallback, ModelCheckpointOptions>(configure);
}
