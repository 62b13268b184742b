using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>The options of one plug-in of a trainer, a keyed service.</summary>
/// <param name="name">Their name for <c>IOptionsMonitor</c>.</param>
internal abstract class PluginOptions(string name)
{
    public string Name { get; } = name;

    public abstract Type Type { get; }

    /// <summary>The configured options.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">They are not allowed.</exception>
    public abstract object Get(IServiceProvider services);

    /// <summary>The class of the options that a plug-in has; null where it has none.</summary>
    public static Type? TypeFor(Type plugin) =>
        Array.Find(
            plugin.GetInterfaces(),
            candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConfigurable<>))?.GetGenericArguments()[0];

    /// <summary>Registers the options that a plug-in has; null where it has none.</summary>
    public static PluginOptions? For(ITrainerBuilder builder, Type plugin) =>
        TypeFor(plugin) is { } options ? (PluginOptions)Activator.CreateInstance(typeof(PluginOptions<>).MakeGenericType(options), builder)! : null;

    /// <summary>The name for the next options of a class in a trainer.</summary>
    protected static string NextName(ITrainerBuilder builder, Type type)
    {
        var before = builder.Services.KeyedInstances<PluginOptions>(builder.Name).Count(options => options.Type == type);
        return before == 0 ? builder.Name : $"{builder.Name}#{before + 1}";
    }
}
