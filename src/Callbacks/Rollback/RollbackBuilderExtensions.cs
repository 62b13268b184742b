using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="Rollback"/> to a trainer.</summary>
public static class RollbackBuilderExtensions
{
    /// <summary>Goes back to a snapshot in memory when the loss is NaN or spikes.</summary>
    /// <typeparam name="TCallback"><see cref="Rollback"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says when and how far.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<RollbackOptions> configure)
        where TCallback : Callback, IConfigurable<RollbackOptions> =>
        builder.AddCallback<TCallback, RollbackOptions>(configure);
}
