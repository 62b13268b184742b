using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>The options of one plug-in of a trainer, registered as a keyed service.</summary>
/// <param name="name">The name of the options for <c>IOptionsMonitor</c>.</param>
internal abstract class PluginOptions(string name)
{
    public string Name { get; } = name;

    public abstract Type Type { get; }

    /// <summary>Returns the configured options.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options have invalid values.</exception>
    public abstract object Get(IServiceProvider services);

    /// <summary>Returns the options class of a plug-in; null if it has none.</summary>
    public static Type? TypeFor(Type plugin) =>
        Array.Find(
            plugin.GetInterfaces(),
            candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConfigurable<>))?.GetGenericArguments()[0];

    /// <summary>Registers the options of a plug-in; returns null if it has none.</summary>
    public static PluginOptions? For(ITrainerBuilder builder, Type plugin) =>
        TypeFor(plugin) is { } options ? (PluginOptions)Activator.CreateInstance(typeof(PluginOptions<>).MakeGenericType(options), builder)! : null;

    /// <summary>Returns the name of the next options of a class in a trainer.</summary>
    protected static string NextName(ITrainerBuilder builder, Type type)
    {
        var before = builder.Services.KeyedInstances<PluginOptions>(builder.Name).Count(options => options.Type == type);
        return before == 0 ? builder.Name : $"{builder.Name}#{before + 1}";
    }
}

internal sealed class PluginOptions<TOptions> : PluginOptions
    where TOptions : class
{
    public PluginOptions(ITrainerBuilder builder)
        : base(NextName(builder, typeof(TOptions)))
    {
        builder.Services.AddOptions();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, AnnotationValidator<TOptions>>());
        builder.Services.AddKeyedSingleton<PluginOptions>(builder.Name, this);
    }

    public override Type Type => typeof(TOptions);

    public override object Get(IServiceProvider services) => services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(Name);
}

/// <summary>
/// A strategy, <see cref="CheckpointIO"/>, callback or logger with options. Its constructor has a parameter of the options class, and the
/// builder configures, validates and passes the options.
/// </summary>
/// <typeparam name="TOptions">The options class: no constructor parameters, and all defaults in initializers.</typeparam>
public interface IConfigurable<out TOptions>
    where TOptions : class
{
    /// <summary>Gets the options with which the plug-in was created. The effect of later changes is undefined.</summary>
    TOptions Options { get; }
}

/// <summary>Converts text in a configuration to a value.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
internal sealed class ParsableConverter<T> : TypeConverter
    where T : IParsable<T>
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? T.Parse(text, CultureInfo.InvariantCulture) : base.ConvertFrom(context, culture, value);
}
