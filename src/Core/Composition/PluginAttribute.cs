using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>
/// The name by which a configuration asks for a strategy, <see cref="CheckpointIO"/>, callback or logger. Names are compared without
/// case; two plug-ins of one kind need different ones.
/// </summary>
/// <param name="name">The name: short, lower case, words joined by hyphens.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PluginAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}

/// <summary>Makes a plug-in: what it wraps and its options are handed to its constructor, the rest comes from the container.</summary>
/// <param name="type">The class.</param>
/// <param name="options">Its options; null where it has none.</param>
internal sealed class PluginActivator(Type type, PluginOptions? options)
{
    /// <exception cref="ArgumentException">A class is not of the kind that is added.</exception>
    public static void Check(Type type, Type kind)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!type.IsAssignableTo(kind))
        {
            throw new ArgumentException($"{type.Name} is no {kind.Name}.", nameof(type));
        }
    }

    public static PluginActivator For(ITrainerBuilder builder, Type type)
    {
        if (type.IsAbstract || type.IsGenericTypeDefinition)
        {
            throw new ArgumentException($"{type.Name} is abstract or generic and cannot be made. Name a class that derives from it.", nameof(type));
        }

        RefuseUntakenOptions(type);
        return new PluginActivator(type, PluginOptions.For(builder, type));
    }

    private static void RefuseUntakenOptions(Type type)
    {
        if (PluginOptions.TypeFor(type) is { } options && !Parameters(type).Any(parameter => parameter.ParameterType == options))
        {
            throw new ArgumentException(
                $"{type.Name} is configured by {options.Name}, and no public constructor of it takes one. Add the parameter, or leave out IConfigurable<{options.Name}>.",
                nameof(type));
        }
    }

    private static IEnumerable<ParameterInfo> Parameters(Type type) => type.GetConstructors().SelectMany(constructor => constructor.GetParameters());

    /// <summary>How often a class asks for a <see cref="CheckpointIO"/>, in the constructor that asks most.</summary>
    public static int CountOfInner(Type type) =>
        type.GetConstructors().Select(constructor => constructor.GetParameters().Count(IsInner)).DefaultIfEmpty().Max();

    public object Make(IServiceProvider services, CheckpointIO? inner = null)
    {
        object?[] given = [inner, options?.Get(services)];
        return ActivatorUtilities.CreateInstance(services, type, [.. given.OfType<object>()]);
    }

    private static bool IsInner(ParameterInfo parameter) => parameter.ParameterType == typeof(CheckpointIO);
}
