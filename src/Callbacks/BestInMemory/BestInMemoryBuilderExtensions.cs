using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="BestInMemoryCheckpoint"/> to a trainer.</summary>
public static class BestInMemoryBuilderExtensions
{
    /// <summary>Keeps the best state in memory and writes it at the end.</summary>
    /// <typeparam name="TCallback"><see cref="BestInMemoryCheckpoint"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says which is the best, and when it is written besides.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BestInMemoryOptions> configure)
        where TCallback : Callback, IConfigurable<BestInMemoryOptions> =>
        builder.AddCallback<TCallback, BestInMemoryOptions>(configure);
}
