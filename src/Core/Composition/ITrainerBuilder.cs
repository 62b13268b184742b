using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>
/// Composes a trainer. <c>AddStrategy</c>, <c>AddCheckpointIO</c>, <c>AddCallback</c> and <c>AddLogger</c> are extension methods of this
/// interface, as are those of plug-in packages.
/// </summary>
/// <remarks>
/// <para>Options of a plug-in: its class implements <see cref="IConfigurable{TOptions}"/> and has a constructor parameter for the plain
/// options object, so that it can also be created with <c>new</c>. The builder registers the options by name, so that they are
/// configured and validated like all others. Other constructor parameters are resolved from the container.</para>
/// <para>The name of the options is <see cref="Name"/>, so that <c>services.Configure&lt;TOptions&gt;(...)</c> applies to the default
/// trainer. For a second plug-in of a trainer with the same options class, <c>#2</c> is appended, and so on.</para>
/// <para>Every part is created once per trainer, from the root container: plug-ins cannot use scoped services.</para>
/// </remarks>
public interface ITrainerBuilder
{
    /// <summary>Gets the name of the trainer, which is the key of its services; empty for the default trainer.</summary>
    string Name { get; }

    /// <summary>Gets the service collection in which the parts are registered.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Members for packages that add their own builder methods.</summary>
public static class TrainerBuilderExtensions
{
    /// <summary>Returns the name of the trainer for messages: <c>The trainer</c>, or <c>The trainer 'name'</c>.</summary>
    /// <param name="builder">The trainer.</param>
    public static string DisplayName(this ITrainerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return TrainerNames.Display(builder.Name);
    }

    /// <summary>Returns the instances of a type that were registered with the name of the trainer as their key, in order.</summary>
    /// <typeparam name="T">The type of the service.</typeparam>
    /// <param name="builder">The trainer.</param>
    public static IEnumerable<T> KeyedInstances<T>(this ITrainerBuilder builder)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services
            .Where(
                descriptor =>
                    descriptor.IsKeyedService && descriptor.ServiceType == typeof(T) && builder.Name.Equals(descriptor.ServiceKey))
            .Select(descriptor => descriptor.KeyedImplementationInstance)
            .OfType<T>();
    }
}

/// <summary>The names of trainers in messages.</summary>
internal static class TrainerNames
{
    public static string Display(string name) => name.Length == 0 ? "The trainer" : $"The trainer '{name}'";
}
