using Microsoft.Extensions.Configuration;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>Containers as an application builds them while it is developed: scopes and registrations are checked.</summary>
internal static class Compose
{
    public static ServiceProvider Build(this IServiceCollection services) =>
        services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

    public static ServiceCollection Services(Journal? journal = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(journal ?? new Journal());
        return services;
    }

    public static IConfiguration Section(string json, string name = "Trainer")
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        return new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection(name);
    }

    /// <summary>Everything that is wrong, when the trainer is resolved without a host.</summary>
    public static IEnumerable<string> Failures(this IServiceCollection services, string name = "")
    {
        using var provider = services.Build();
        var exception = Assert.ThrowsExactly<OptionsValidationException>(() => provider.Resolve(name));
        return exception.Failures;
    }

    public static Trainer Resolve(this IServiceProvider provider, string name = "") =>
        name.Length == 0 ? provider.GetRequiredService<Trainer>() : provider.GetRequiredKeyedService<Trainer>(name);
}
