using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Adds a <see cref="ModelSummary"/> to a trainer.</summary>
public static class ModelSummaryBuilderExtensions
{
    /// <summary>Shows the parts of the module with their parameters when a fit begins.</summary>
    /// <typeparam name="TCallback"><see cref="ModelSummary"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Says how deep.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<ModelSummaryOptions> configure)
        where TCallback : Callback, IConfigurable<ModelSummaryOptions> =>
        builder.AddCallback<TCallback, ModelSummaryOptions>(configure);
}
