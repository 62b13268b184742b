using System.Reflection;
using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.IO;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
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
    private static readonly DefaultParts Defaults = new(
        services => ActivatorUtilities.CreateInstance<TorchCheckpointIO>(services),
        (services, name, checkpointIO) => new SingleDeviceStrategy(checkpointIO, Get<SingleDeviceStrategyOptions>(services, name)),
        (services, name) => new ModelCheckpoint(
            Get<ModelCheckpointOptions>(services, name), services.GetService<TimeProvider>(),
            services.GetService<ILogger<ModelCheckpoint>>()));

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
        ProgressTerminal.ShareConsole();
        var builder = services.AddTrainerCore(name, Defaults);
        StandardErrorLoggerProvider.AddTo(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, RefusedBinding>());
        AddValidator<SingleDeviceStrategyOptions>(services);
        AddValidator<ModelCheckpointOptions>(services);
        AddValidator<LocalStorageOptions>(services);
        services.TryAddSingleton(Storage);
        return configure is null ? builder : builder.Configure(configure);
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
    public static ITrainerBuilder AddTrainer(
        this IServiceCollection services, string name, IConfiguration section, params Assembly[] plugins)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(plugins);
        if (section is IConfigurationSection named && !named.Exists())
        {
            throw new ArgumentException(
                $"The configuration has no section '{named.Path}', or an empty one. Use AddTrainer without a section for the defaults.",
                nameof(section));
        }

        var builder = services.AddTrainer(name);
        new ConfiguredTrainer(builder, section, plugins).Compose();
        return builder;
    }

    private static IStorage Storage(IServiceProvider services)
    {
        var local = new LocalStorage(services.GetRequiredService<IOptions<LocalStorageOptions>>().Value);
        IUrlStorage[] remote = [.. services.GetServices<IUrlStorage>()];
        return remote.Length == 0 ? local : new RoutingStorage(local, remote);
    }

    private static void AddValidator<TOptions>(IServiceCollection services)
        where TOptions : class =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, AnnotationValidator<TOptions>>());

    private static TOptions Get<TOptions>(IServiceProvider services, string name) =>
        services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);
}
