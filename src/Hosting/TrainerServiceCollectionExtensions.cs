using System.Reflection;
using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.IO;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Registers trainers.</summary>
/// <remarks>
/// Existing registrations take precedence: an <see cref="IStrategy"/>, a <see cref="CheckpointIO"/>, an <see cref="IStorage"/>, a
/// <see cref="TimeProvider"/>. Options are validated when the host starts or, without a host, when the trainer is resolved; one
/// <see cref="OptionsValidationException"/> contains all errors of the trainer and its plug-ins.
/// </remarks>
public static class TrainerServiceCollectionExtensions
{
    /// <summary>Registers the default trainer. Calling it again goes on with the same trainer.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    /// <returns>A builder that adds a strategy, checkpoint IO, callbacks and loggers.</returns>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, Action<TrainerOptions>? configure = null) =>
        services.AddTrainer(Options.DefaultName, configure);

    /// <summary>Registers a trainer under a name, which is the key of its services. Further calls continue with the same trainer.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name; empty for the default trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    /// <returns>A builder that adds a strategy, checkpoint IO, callbacks and loggers.</returns>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, string name, Action<TrainerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        StandardErrorLoggerProvider.AddTo(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<TrainerOptions>(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, AnnotationValidator<TrainerOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, CompositionValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SingleDeviceStrategyOptions>, AnnotationValidator<SingleDeviceStrategyOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelCheckpointOptions>, AnnotationValidator<ModelCheckpointOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LocalStorageOptions>, AnnotationValidator<LocalStorageOptions>>());
        services.TryAddSingleton<IStorage>(provider => new LocalStorage(provider.GetRequiredService<IOptions<LocalStorageOptions>>().Value));
        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        services.TryAddKeyedSingleton(name, (provider, _) => new TrainerFactory(provider, name));
        if (name.Length == 0)
        {
            services.TryAddSingleton<CheckpointIO>(provider => AssemblyOf(provider, name).MakeCheckpointIO());
            services.TryAddSingleton(provider => AssemblyOf(provider, name).MakeStrategy());
            services.TryAddSingleton(provider => AssemblyOf(provider, name).MakeTrainer());
        }
        else
        {
            services.TryAddKeyedSingleton<CheckpointIO>(name, (provider, _) => AssemblyOf(provider, name).MakeCheckpointIO());
            services.TryAddKeyedSingleton(name, (provider, _) => AssemblyOf(provider, name).MakeStrategy());
            services.TryAddKeyedSingleton(name, (provider, _) => AssemblyOf(provider, name).MakeTrainer());
        }

        return new TrainerBuilder(name, services);
    }

    /// <summary>
    /// Registers the default trainer from a configuration section, <c>configuration.GetSection("Trainer")</c>: the keys of
    /// <see cref="TrainerOptions"/>, and <c>Strategy</c>, <c>CheckpointIO</c>, <c>Callbacks</c> and <c>Loggers</c> with the names of
    /// plug-ins (<see cref="PluginAttribute"/>), or objects with the name under <c>Plugin</c> and the options. The section is read now;
    /// later changes have no effect. Its errors are reported when options are validated.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section.</param>
    /// <param name="plugins">Assemblies with plug-ins, in addition to those of this framework.</param>
    /// <returns>A builder that adds further parts.</returns>
    /// <exception cref="ArgumentException">The section does not exist.</exception>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, IConfiguration section, params Assembly[] plugins) =>
        services.AddTrainer(Options.DefaultName, section, plugins);

    /// <summary>Registers a trainer under a name from a configuration section.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name; empty for the default trainer.</param>
    /// <param name="section">The section; see <see cref="AddTrainer(IServiceCollection, IConfiguration, Assembly[])"/>.</param>
    /// <param name="plugins">Assemblies with plug-ins, in addition to those of this framework.</param>
    /// <returns>A builder that adds further parts.</returns>
    /// <exception cref="ArgumentException">The section does not exist.</exception>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, string name, IConfiguration section, params Assembly[] plugins)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(plugins);
        if (section is IConfigurationSection named && !named.Exists())
        {
            throw new ArgumentException($"The configuration has no section '{named.Path}', or an empty one. Use AddTrainer without a section for the defaults.", nameof(section));
        }

        var builder = services.AddTrainer(name);
        new ConfiguredTrainer(builder, section, plugins).Compose();
        return builder;
    }

    private static TrainerFactory AssemblyOf(IServiceProvider services, string name) => services.GetRequiredKeyedService<TrainerFactory>(name);

    private sealed record TrainerBuilder(string Name, IServiceCollection Services) : ITrainerBuilder;
}
