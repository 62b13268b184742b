using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="BackboneFinetuning"/> to a trainer.</summary>
public static class BackboneFinetuningBuilderExtensions
{
    /// <summary>Freezes one part of the module for some epochs, then trains it too.</summary>
    /// <typeparam name="TCallback"><see cref="BackboneFinetuning"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says which part and until when.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BackboneFinetuningOptions> configure)
        where TCallback : Callback, IConfigurable<BackboneFinetuningOptions> =>
        builder.AddCallback<TCallback, BackboneFinetuningOptions>(configure);
}
