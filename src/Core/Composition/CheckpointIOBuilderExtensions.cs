using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>
/// Says how a trainer writes checkpoints: one base, and wrappers, each around what was named before it. The chain is made once, when it
/// is first needed, so that all calls count.
/// </summary>
public static class CheckpointIOBuilderExtensions
{
    /// <summary>
    /// Adds a class: one that derives from <see cref="WrappingCheckpointIO"/> wraps what stands so far, any other is the base. Where no base
    /// is named, files of PyTorch's format are written.
    /// </summary>
    /// <typeparam name="TCheckpointIO">The class.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <exception cref="InvalidOperationException">It is a second base, or a wrapper that is there already.</exception>
    /// <exception cref="ArgumentException">No constructor of it can be used.</exception>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder)
        where TCheckpointIO : CheckpointIO
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheckpointIO(typeof(TCheckpointIO));
    }

    /// <summary>Adds a class, configured; see <see cref="AddCheckpointIO{TCheckpointIO}(ITrainerBuilder)"/>.</summary>
    /// <typeparam name="TCheckpointIO">The class.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Changes the options.</param>
    /// <exception cref="InvalidOperationException">It is a second base, or a wrapper that is there already.</exception>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheckpointIO<TCheckpointIO>().ConfigureLatest(configure);
    }

    /// <summary>Adds a base that is made already, with what it wraps if it wraps; the trainer owns it from now on.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="checkpointIO">The implementation.</param>
    /// <exception cref="InvalidOperationException">It is a second base.</exception>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, CheckpointIO checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(checkpointIO);
        return builder.Add(new CheckpointIOLayer(checkpointIO.GetType(), IsWrapper: false, (_, _) => checkpointIO) { Instance = checkpointIO });
    }

    /// <summary>Adds a base that a factory makes; the trainer owns it.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="factory">Makes it.</param>
    /// <exception cref="InvalidOperationException">It is a second base.</exception>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, Func<IServiceProvider, CheckpointIO> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        return builder.Add(new CheckpointIOLayer(Type: null, IsWrapper: false, (services, _) => factory(services)));
    }

    /// <summary>Adds a wrapper that a factory makes around what stands so far; the trainer owns it.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="factory">Makes it of the container and what it wraps.</param>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, Func<IServiceProvider, CheckpointIO, WrappingCheckpointIO> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        return builder.Add(new CheckpointIOLayer(Type: null, IsWrapper: true, (services, inner) => factory(services, inner!)));
    }

    /// <summary>Adds a layer of a class that is known only at run time, such as one from a configuration.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="type">The class, derived from <see cref="CheckpointIO"/>.</param>
    /// <exception cref="InvalidOperationException">The trainer has a base, or this wrapper, already.</exception>
    /// <exception cref="ArgumentException">No constructor of the class can be used.</exception>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, Type type)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PluginActivator.Check(type, typeof(CheckpointIO));
        var isWrapper = type.IsSubclassOf(typeof(WrappingCheckpointIO));
        RefuseConstructors(type, isWrapper);
        builder.RefuseRepetition(type, isWrapper, type.Name);
        var activator = PluginActivator.For(builder, type);
        return builder.Add(new CheckpointIOLayer(type, isWrapper, (services, inner) => (CheckpointIO)activator.Make(services, inner)));
    }

    private static ITrainerBuilder Add(this ITrainerBuilder builder, CheckpointIOLayer layer)
    {
        builder.RefuseRepetition(layer.Type, layer.IsWrapper, layer.DisplayName);
        builder.Services.AddKeyedSingleton(builder.Name, layer);
        return builder;
    }

    private static void RefuseRepetition(this ITrainerBuilder builder, Type? type, bool isWrapper, string added)
    {
        var layers = builder.KeyedInstances<CheckpointIOLayer>().ToList();
        if (isWrapper && type is not null && layers.Exists(layer => layer.Type == type))
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} wraps its CheckpointIO in {added} already. Write AddCheckpointIO<{added}>() once, at the place where it belongs.");
        }

        if (!isWrapper && layers.Find(layer => !layer.IsWrapper) is { } first)
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} has {first.DisplayName} as the base of its CheckpointIO, and is given a second base, {added}. Keep one of the two; if {added} is to wrap {first.DisplayName}, derive it from WrappingCheckpointIO.");
        }
    }

    private static void RefuseConstructors(Type type, bool isWrapper)
    {
        // A second parameter would be resolved from the container, which is busy making this very chain.
        var inner = PluginActivator.CountOfInner(type);
        if (isWrapper && inner != 1)
        {
            throw new ArgumentException(
                $"{type.Name} derives from WrappingCheckpointIO and its constructor takes {inner} parameters of the type CheckpointIO; give it exactly one, for what it wraps, or use AddCheckpointIO((services, inner) => new {type.Name}(...)).",
                nameof(type));
        }

        if (!isWrapper && inner > 0)
        {
            throw new ArgumentException(
                $"{type.Name} takes a CheckpointIO in its constructor and does not derive from WrappingCheckpointIO, so that it would be a base that wraps. Derive it from WrappingCheckpointIO, or use AddCheckpointIO(services => new {type.Name}(...)).",
                nameof(type));
        }
    }
}
