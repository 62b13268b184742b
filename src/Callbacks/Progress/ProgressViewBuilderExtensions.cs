using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="ProgressView"/> to a trainer.</summary>
public static class ProgressViewBuilderExtensions
{
    /// <summary>Shows runs on the terminal of the process.</summary>
    /// <typeparam name="TCallback"><see cref="ProgressView"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says what is shown.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ProgressViewOptions> configure)
        where TCallback : Callback, IConfigurable<ProgressViewOptions> =>
        builder.AddCallback<TCallback, ProgressViewOptions>(configure);
}
