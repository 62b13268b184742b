using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds an <see cref="EarlyStopping"/> to a trainer.</summary>
public static class EarlyStoppingBuilderExtensions
{
    /// <summary>Stops a run when a metric is no longer getting better.</summary>
    /// <typeparam name="TCallback"><see cref="EarlyStopping"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says which metric it follows and when it has seen enough.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<EarlyStoppingOptions> configure)
        where TCallback : Callback, IConfigurable<EarlyStoppingOptions> =>
        builder.AddCallback<TCallback, EarlyStoppingOptions>(configure);
}
