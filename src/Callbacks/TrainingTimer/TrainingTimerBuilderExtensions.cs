using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="TrainingTimer"/> to a trainer.</summary>
public static class TrainingTimerBuilderExtensions
{
    /// <summary>Stops a run after a time.</summary>
    /// <typeparam name="TCallback"><see cref="TrainingTimer"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says after which.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<TrainingTimerOptions> configure)
        where TCallback : Callback, IConfigurable<TrainingTimerOptions> =>
        builder.AddCallback<TCallback, TrainingTimerOptions>(configure);
}
