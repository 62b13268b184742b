using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>Makes the chain of a trainer, from the base outwards.</summary>
internal static class CheckpointIOChain
{
    /// <summary>
    /// A collection of its own is decorated, not that of the application: all calls of the user have been made, a named trainer is like the
    /// default one, nothing of the application is wrapped twice, and the container sees one disposable, the outermost, which owns the others.
    /// </summary>
    public static CheckpointIO Make(IServiceProvider services, string trainer, IReadOnlyList<CheckpointIOLayer> layers)
    {
        List<CheckpointIO> made = [];
        var chain = new ServiceCollection();
        var root = layers.FirstOrDefault(layer => !layer.IsWrapper);
        chain.AddSingleton(_ => Keep(root?.Make(services, null) ?? ActivatorUtilities.CreateInstance<TorchCheckpointIO>(services)));
        foreach (var wrapper in layers.Where(layer => layer.IsWrapper))
        {
            chain.Decorate<CheckpointIO>((inner, _) => Keep(Around(inner, wrapper.Make(services, inner))));
        }

        try
        {
            // Not disposed: its layers belong to the outermost, and that to the caller.
            return chain.BuildServiceProvider().GetRequiredService<CheckpointIO>();
        }
        catch
        {
            // What stands already is nobody's; the outermost of it disposes the rest.
            made.LastOrDefault()?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }

        CheckpointIO Keep(CheckpointIO layer)
        {
            if (made.Find(other => other is WrappingCheckpointIO && other.GetType() == layer.GetType()) is not null)
            {
                throw new InvalidOperationException(
                    $"{TrainerName.Display(trainer)} wraps its CheckpointIO in {layer.GetType().Name} twice. Add it once, at the place where it belongs.");
            }

            made.Add(layer);
            return layer;
        }

        CheckpointIO Around(CheckpointIO inner, CheckpointIO wrapper) =>
            wrapper is WrappingCheckpointIO wrapping && ReferenceEquals(wrapping.Inner, inner)
                ? wrapper
                : throw new InvalidOperationException(
                    $"{TrainerName.Display(trainer)}: {wrapper.GetType().Name} does not wrap the {inner.GetType().Name} that it is handed. Pass that to the constructor of WrappingCheckpointIO.");
    }
}
