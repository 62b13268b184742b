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

/// <summary>How messages call a trainer.</summary>
internal static class TrainerName
{
    public static string DisplayName(this ITrainerBuilder builder) => Display(builder.Name);

    public static string Display(string name) => name.Length == 0 ? "The trainer" : $"The trainer '{name}'";
}
