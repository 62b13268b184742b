using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>The options of one part of a trainer. They are validated with those of the trainer.</summary>
/// <remarks>Registered with the name of the trainer as the key: <see cref="TrainerBuilderExtensions.KeyedInstances"/> finds them.</remarks>
public abstract class PluginOptions
{
    private protected PluginOptions(string name) => Name = name;

    /// <summary>Gets the name of the options for <see cref="IOptionsMonitor{TOptions}"/>.</summary>
    public string Name { get; }

    /// <summary>Gets the class of the options.</summary>
    public abstract Type Type { get; }

    /// <summary>Adds options to a trainer, for a part that is not added by its class.</summary>
    /// <typeparam name="TOptions">The class of the options, with validation attributes.</typeparam>
    /// <param name="builder">The trainer.</param>
    public static PluginOptions Add<TOptions>(ITrainerBuilder builder)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return new PluginOptions<TOptions>(builder);
    }

    /// <summary>Returns the configured options.</summary>
    /// <param name="services">The container of the trainer.</param>
    /// <exception cref="OptionsValidationException">A value is not allowed.</exception>
    public abstract object Get(IServiceProvider services);

    /// <summary>Returns the options class of a plug-in; null if it has none.</summary>
    internal static Type? TypeFor(Type plugin) =>
        Array.Find(
            plugin.GetInterfaces(),
            candidate =>
                candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConfigurable<>))?.GetGenericArguments()[0];

    /// <summary>Registers the options of a plug-in; returns null if it has none.</summary>
    internal static PluginOptions? For(ITrainerBuilder builder, Type plugin) =>
        TypeFor(plugin) is { } options
            ? (PluginOptions)Activator.CreateInstance(typeof(PluginOptions<>).MakeGenericType(options), builder)!
            : null;

    /// <summary>Returns the name of the next options of a class in a trainer.</summary>
    private protected static string NextName(ITrainerBuilder builder, Type type)
    {
        var before = builder.KeyedInstances<PluginOptions>().Count(options => options.Type == type);
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
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? T.Parse(text, CultureInfo.InvariantCulture) : base.ConvertFrom(context, culture, value);
}
