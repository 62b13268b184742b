using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>
/// Adds callbacks to a trainer. They run in the order in which they were added, with checkpoint callbacks last. The same class may be added
/// several times.
/// </summary>
public static class CallbackBuilderExtensions
{
    /// <summary>Adds a callback by its class.</summary>
    /// <typeparam name="TCallback">The class of the callback.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder)
        where TCallback : Callback
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCallback(typeof(TCallback));
    }

    /// <summary>Adds a callback by its class, with options. Packages provide shorter methods for their own callbacks.</summary>
    /// <typeparam name="TCallback">The class of the callback.</typeparam>
    /// <typeparam name="TOptions">The class of its options.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCallback<TCallback, TOptions>(this ITrainerBuilder builder, Action<TOptions> configure)
        where TCallback : Callback, IConfigurable<TOptions>
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCallback<TCallback>().ConfigureLatest(configure);
    }

    /// <summary>Adds an existing callback. The caller disposes it if necessary.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="callback">The callback.</param>
    public static ITrainerBuilder AddCallback(this ITrainerBuilder builder, Callback callback)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(callback);
        builder.Services.AddKeyedSingleton(builder.Name, new CallbackChoice(callback.GetType()));
        builder.AddPart(callback);
        return builder;
    }

    /// <summary>Adds a callback created by a factory. The container disposes it if necessary.</summary>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="factory">Creates the callback.</param>
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
