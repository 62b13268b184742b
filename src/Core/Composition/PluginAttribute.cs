using System.Reflection;
using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>
/// Specifies the name by which a configuration refers to a strategy, <see cref="CheckpointIO"/>, callback or logger. Names are
/// case-insensitive and must be unique per kind.
/// </summary>
/// <param name="name">The name: short, lower case, with hyphens between words.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PluginAttribute(string name) : Attribute
{
    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// Creates a plug-in. The wrapped instance and the options are passed to its constructor; other parameters come from the container.
/// </summary>
/// <param name="type">The class of the plug-in.</param>
/// <param name="options">The options; null if it has none.</param>
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
            throw new ArgumentException(
                $"{type.Name} is abstract or generic and cannot be instantiated. Specify a concrete derived class.", nameof(type));
        }

        RefuseUntakenOptions(type);
        return new PluginActivator(type, PluginOptions.For(builder, type));
    }

    private static void RefuseUntakenOptions(Type type)
    {
        if (PluginOptions.TypeFor(type) is { } options && !Parameters(type).Any(parameter => parameter.ParameterType == options))
        {
            throw new ArgumentException(
                $"{type.Name} implements IConfigurable<{options.Name}>, but no public constructor has a parameter of type {options.Name}. "
                    + "Add the parameter, or remove the interface.",
                nameof(type));
        }
    }

    private static IEnumerable<ParameterInfo> Parameters(Type type) =>
        type.GetConstructors().SelectMany(constructor => constructor.GetParameters());

    /// <summary>Returns the maximum number of <see cref="CheckpointIO"/> parameters in any constructor of a class.</summary>
    public static int CountOfInner(Type type) =>
        type.GetConstructors().Select(constructor => constructor.GetParameters().Count(IsInner)).DefaultIfEmpty().Max();

    public object Make(IServiceProvider services, CheckpointIO? inner = null)
    {
        object?[] given = [inner, options?.Get(services)];
        return ActivatorUtilities.CreateInstance(services, type, [.. given.OfType<object>()]);
    }

    private static bool IsInner(ParameterInfo parameter) => parameter.ParameterType == typeof(CheckpointIO);
}
