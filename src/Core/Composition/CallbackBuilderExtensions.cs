using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>
/// Adds callbacks to a trainer. They run in the order in which they were added, those that save checkpoints last; the same class may be
/// added more than once.
/// </summary>
public static class CallbackBuilderExtensions
{
    /// <summary>Adds a callback of a class.</summary>
    /// <typeparam name="TCallback">The class.</typeparam>
    /// <param name="builder">The trainer.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder)
        where TCallback : Callback
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCallback(typeof(TCallback));
    }

    /// <summary>Adds a callback of a class, configured. Packages add shorter forms for their own callbacks.</summary>
    /// <typeparam name="TCallback">The class.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Changes the options.</param>
    public static ITrainerBuilder AddCallback<TCallback, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TCallback : Callback, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCallback<TCallback>().ConfigureLatest(configure);
    }

    /// <summary>Adds a callback that is made already. Whoever made it disposes it, should it need that.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="callback">The callback.</param>
    public static ITrainerBuilder AddCallback(this ITrainerBuilder builder, Callback callback)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(callback);
        builder.Services.AddKeyedSingleton(builder.Name, new CallbackChoice(callback.GetType()));
        builder.AddPart(callback);
        return builder;
    }

    /// <summary>Adds a callback that a factory makes; the container disposes it, should it need that.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="factory">Makes it.</param>
    public static ITrainerBuilder AddCallback(this ITrainerBuilder builder, Func<IServiceProvider, Callback> factory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(factory);
        builder.AddPart(factory);
        return builder;
    }

    /// <summary>Adds a callback of a class that is known only at run time, such as one from a configuration.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="type">The class, derived from <see cref="Callback"/>.</param>
    public static ITrainerBuilder AddCallback(this ITrainerBuilder builder, Type type)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PluginActivator.Check(type, typeof(Callback));
        var activator = PluginActivator.For(builder, type);
        builder.Services.AddKeyedSingleton(builder.Name, new CallbackChoice(type));
        builder.AddPart(services => (Callback)activator.Make(services));
        return builder;
    }
}
