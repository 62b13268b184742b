using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>
/// Configures how a trainer writes checkpoints: one base, and wrappers, each around everything added before it. The chain is created once,
/// on first use, so that all calls take effect.
/// </summary>
public static class CheckpointIOBuilderExtensions
{
    /// <summary>
    /// Adds a class: a class derived from <see cref="WrappingCheckpointIO"/> wraps the layers added so far; any other class is the base.
    /// The default base writes files in PyTorch's format.
    /// </summary>
    /// <typeparam name="TCheckpointIO">The class.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <exception cref="InvalidOperationException">The class is a second base, or a wrapper that was already added.</exception>
    /// <exception cref="ArgumentException">The class has no suitable constructor.</exception>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder)
        where TCheckpointIO : CheckpointIO
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheckpointIO(typeof(TCheckpointIO));
    }

    /// <summary>Adds a class with options; see <see cref="AddCheckpointIO{TCheckpointIO}(ITrainerBuilder)"/>.</summary>
    /// <typeparam name="TCheckpointIO">The class.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    /// <exception cref="InvalidOperationException">The class is a second base, or a wrapper that was already added.</exception>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheckpointIO<TCheckpointIO>().ConfigureLatest(configure);
    }

    /// <summary>Adds an existing instance as the base, including any instances that it wraps. The trainer owns it from now on.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="checkpointIO">The instance.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a base.</exception>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, CheckpointIO checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(checkpointIO);
        return builder.Add(
            new CheckpointIOLayer(checkpointIO.GetType(), IsWrapper: false, (_, _) => checkpointIO) { Instance = checkpointIO });
    }

    /// <summary>Adds a base created by a factory. The trainer owns it.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the base.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a base.</exception>
    public static ITrainerBuilder AddCheckpointIO(this ITrainerBuilder builder, Func<IServiceProvider, CheckpointIO> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        return builder.Add(new CheckpointIOLayer(Type: null, IsWrapper: false, (services, _) => factory(services)));
    }

    /// <summary>Adds a wrapper, created by a factory, around the layers added so far. The trainer owns it.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the wrapper from the container and the wrapped instance.</param>
    public static ITrainerBuilder AddCheckpointIO(
        this ITrainerBuilder builder, Func<IServiceProvider, CheckpointIO, WrappingCheckpointIO> factory)
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
                $"{builder.DisplayName()} already wraps its CheckpointIO in {added}. Call AddCheckpointIO<{added}>() once, "
                    + "at the intended position.");
        }

        if (!isWrapper && layers.Find(layer => !layer.IsWrapper) is { } first)
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} already has a base CheckpointIO, {first.DisplayName}, and cannot have a second, {added}. "
                    + $"Keep one of them, or derive {added} from WrappingCheckpointIO to wrap the first.");
        }
    }

    private static void RefuseConstructors(Type type, bool isWrapper)
    {
        // A second parameter would be resolved from the container, which is already resolving this chain.
        var inner = PluginActivator.CountOfInner(type);
        if (isWrapper && inner != 1)
        {
            throw new ArgumentException(
                $"{type.Name} derives from WrappingCheckpointIO, but its constructor has {inner} parameters of type CheckpointIO. "
                    + $"Declare exactly one, for the wrapped instance, or use AddCheckpointIO((services, inner) => new {type.Name}(...)).",
                nameof(type));
        }

        if (!isWrapper && inner > 0)
        {
            throw new ArgumentException(
                $"{type.Name} has a constructor parameter of type CheckpointIO, but does not derive from WrappingCheckpointIO. "
                    + $"Derive it from WrappingCheckpointIO, or use AddCheckpointIO(services => new {type.Name}(...)).",
                nameof(type));
        }
    }
}
