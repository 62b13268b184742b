using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>Adds the strategy of a trainer.</summary>
public static class StrategyBuilderExtensions
{
    /// <summary>Adds a strategy by its class. It receives the <see cref="CheckpointIO"/> of the trainer and owns it.</summary>
    /// <typeparam name="TStrategy">The class of the strategy.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a strategy.</exception>
    public static ITrainerBuilder AddStrategy<TStrategy>(this ITrainerBuilder builder)
        where TStrategy : class, IStrategy
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddStrategy(typeof(TStrategy));
    }

    /// <summary>Adds a strategy by its class, with options. Packages provide shorter methods for their own strategies.</summary>
    /// <typeparam name="TStrategy">The class of the strategy.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a strategy.</exception>
    public static ITrainerBuilder AddStrategy<TStrategy, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TStrategy : class, IStrategy, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddStrategy<TStrategy>().ConfigureLatest(configure);
    }

    /// <summary>Adds a strategy created by a factory with its own <see cref="CheckpointIO"/>. The trainer owns it.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the strategy.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a strategy.</exception>
    public static ITrainerBuilder AddStrategy(this ITrainerBuilder builder, Func<IServiceProvider, IStrategy> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        return builder.Add(new StrategyChoice(Type: null, TakesCheckpointIO: false, (services, _) => factory(services)));
    }

    /// <summary>Adds a strategy created by a factory from the <see cref="CheckpointIO"/> of the trainer. The trainer owns it.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the strategy.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a strategy.</exception>
    public static ITrainerBuilder AddStrategy(this ITrainerBuilder builder, Func<IServiceProvider, CheckpointIO, IStrategy> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        return builder.Add(new StrategyChoice(Type: null, TakesCheckpointIO: true, (services, io) => factory(services, io!)));
    }

    /// <summary>Adds an existing strategy with its <see cref="CheckpointIO"/>. The trainer owns it from now on.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="strategy">The strategy.</param>
    /// <exception cref="InvalidOperationException">The trainer already has a strategy.</exception>
    public static ITrainerBuilder AddStrategy(this ITrainerBuilder builder, IStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(strategy);
        return builder.Add(new StrategyChoice(strategy.GetType(), TakesCheckpointIO: false, (_, _) => strategy) { Instance = strategy });
    }

    /// <summary>Sets the strategy to a class that is known only at run time, such as one from a configuration.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="type">The class, an <see cref="IStrategy"/>.</param>
    /// <exception cref="InvalidOperationException">The trainer has a strategy already.</exception>
    public static ITrainerBuilder AddStrategy(this ITrainerBuilder builder, Type type)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PluginActivator.Check(type, typeof(IStrategy));
        builder.RefuseSecond(type.Name);
        var activator = PluginActivator.For(builder, type);
        var takesCheckpointIO = PluginActivator.CountOfInner(type) > 0;
        return builder.Add(new StrategyChoice(type, takesCheckpointIO, (services, io) => (IStrategy)activator.Make(services, io)));
    }

    /// <summary>Configures the options of the most recently added plug-in.</summary>
    internal static ITrainerBuilder ConfigureLatest<TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = builder.KeyedInstances<PluginOptions>().Last(options => options.Type == typeof(TOptions));
        builder.Services.Configure(options.Name, configure);
        return builder;
    }

    private static ITrainerBuilder Add(this ITrainerBuilder builder, StrategyChoice choice)
    {
        builder.RefuseSecond(choice.DisplayName);
        builder.Services.AddKeyedSingleton(builder.Name, choice);
        return builder;
    }

    private static void RefuseSecond(this ITrainerBuilder builder, string added)
    {
        if (builder.KeyedInstances<StrategyChoice>().FirstOrDefault() is { } first)
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} already has a strategy, {first.DisplayName}, and cannot have another, {added}. "
                    + "Call AddStrategy only once.");
        }
    }
}
