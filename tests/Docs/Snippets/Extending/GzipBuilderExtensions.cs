using Fulgurite.Composition;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

public static class GzipBuilderExtensions
{
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<GzipOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<GzipOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, GzipOptions>(configure);
}
