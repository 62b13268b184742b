using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>What a builder reads back from the collection that it writes to.</summary>
internal static class ServiceDescriptorExtensions
{
    /// <summary>The instances that are registered under a key, in order.</summary>
    public static IEnumerable<T> KeyedInstances<T>(this IServiceCollection services, string key)
        where T : class =>
        services
            .Where(descriptor => descriptor.IsKeyedService && descriptor.ServiceType == typeof(T) && key.Equals(descriptor.ServiceKey))
            .Select(descriptor => descriptor.KeyedImplementationInstance)
            .OfType<T>();
}
