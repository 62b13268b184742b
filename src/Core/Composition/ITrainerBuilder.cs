using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>
/// What a trainer is composed with: <c>AddStrategy</c>, <c>AddCheckpointIO</c>, <c>AddCallback</c> and <c>AddLogger</c> are extension
/// methods of it, as are those that a plug-in package adds.
/// </summary>
/// <remarks>
/// <para>How options reach a plug-in: its class implements <see cref="IConfigurable{TOptions}"/> and takes the plain options object in
/// its constructor, so that it is made by hand with <c>new</c> too. The builder registers the options by name, so that they can be
/// configured and are validated like all others; what else the constructor wants comes from the container.</para>
/// <para>The name of the options is <see cref="Name"/>, so that for the default trainer <c>services.Configure&lt;TOptions&gt;(...)</c>
/// reaches them. A second plug-in of a trainer with the same class of options has <c>#2</c> after it, and so on.</para>
/// <para>Everything is made once a trainer, from the root of the container: a plug-in cannot take scoped services.</para>
/// </remarks>
public interface ITrainerBuilder
{
    /// <summary>The name of the trainer, the key of its services; empty for the default one.</summary>
    string Name { get; }

    /// <summary>Where the parts are registered.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Members for packages that add builder methods of their own.</summary>
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
            .Where(descriptor => descriptor.IsKeyedService && descriptor.ServiceType == typeof(T) && builder.Name.Equals(descriptor.ServiceKey))
            .Select(descriptor => descriptor.KeyedImplementationInstance)
            .OfType<T>();
    }
}

/// <summary>The names of trainers in messages.</summary>
internal static class TrainerNames
{
    public static string Display(string name) => name.Length == 0 ? "The trainer" : $"The trainer '{name}'";
}
