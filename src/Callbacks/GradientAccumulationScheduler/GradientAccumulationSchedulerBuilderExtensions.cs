using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="GradientAccumulationScheduler"/> to a trainer.</summary>
public static class GradientAccumulationSchedulerBuilderExtensions
{
    /// <summary>Changes in the course of a training how many batches share an optimizer step.</summary>
    /// <typeparam name="TCallback"><see cref="GradientAccumulationScheduler"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says from which epoch on how many.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<GradientAccumulationSchedulerOptions> configure)
        where TCallback : Callback, IConfigurable<GradientAccumulationSchedulerOptions> =>
        builder.AddCallback<TCallback, GradientAccumulationSchedulerOptions>(configure);
}
