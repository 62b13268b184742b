using Fulgurite;
using Fulgurite.Composition;

namespace OwnCheckpointIO;

/// <summary>Adds an <see cref="EncryptedCheckpointIO"/> to a trainer.</summary>
public static class EncryptionBuilderExtensions
{
    /// <summary>Encrypts checkpoints.</summary>
    /// <typeparam name="TCheckpointIO"><see cref="EncryptedCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<EncryptionOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<EncryptionOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, EncryptionOptions>(configure);
}
