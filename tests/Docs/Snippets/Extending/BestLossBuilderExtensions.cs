using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

public static class BestLossBuilderExtensions
{
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BestLossOptions> configure)
        where TCallback : Callback, IConfigurable<BestLossOptions> =>
        builder.AddCallback<TCallback, BestLossOptions>(configure);
}
