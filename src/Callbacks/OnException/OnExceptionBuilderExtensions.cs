using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds an <see cref="OnExceptionCheckpoint"/> to a trainer.</summary>
public static class OnExceptionBuilderExtensions
{
    /// <summary>Saves a run that ends early.</summary>
    /// <typeparam name="TCallback"><see cref="OnExceptionCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says where.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<OnExceptionOptions> configure)
        where TCallback : Callback, IConfigurable<OnExceptionOptions> =>
        builder.AddCallback<TCallback, OnExceptionOptions>(configure);
}
