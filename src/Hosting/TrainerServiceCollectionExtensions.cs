using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.Strategies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Registers trainers.</summary>
/// <remarks>
/// What is registered already wins: an <see cref="IStrategy"/>, a <see cref="CheckpointIO"/>, a <see cref="TimeProvider"/>. Options are
/// validated when the host starts or, without a host, when the trainer is resolved; one <see cref="OptionsValidationException"/> then
/// holds everything that is wrong with the trainer and its plug-ins.
/// </remarks>
public static class TrainerServiceCollectionExtensions
{
    /// <summary>Registers the default trainer. Calling it again goes on with the same trainer.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <returns>What adds a strategy, checkpoint IO, callbacks and loggers.</returns>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, Action<TrainerOptions>? configure = null) =>
        services.AddTrainer(Options.DefaultName, configure);

    /// <summary>Registers a trainer under a name, which is the key of its services. Calling it again goes on with the same trainer.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name; empty for the default trainer.</param>
    /// <param name="configure">Changes the options; null for the defaults.</param>
    /// <returns>What adds a strategy, checkpoint IO, callbacks and loggers.</returns>
    public static ITrainerBuilder AddTrainer(this IServiceCollection services, string name, Action<TrainerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<TrainerOptions>(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, AnnotationValidator<TrainerOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, CompositionValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelCheckpointOptions>, AnnotationValidator<ModelCheckpointOptions>>());
        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        services.TryAddKeyedSingleton(name, (provider, _) => new TrainerAssembly(provider, name));
        if (name.Length == 0)
        {
            services.TryAddSingleton<CheckpointIO>(provider => Assembly(provider, name).MakeCheckpointIO());
            services.TryAddSingleton(provider => Assembly(provider, name).MakeStrategy());
            services.TryAddSingleton(provider => Assembly(provider, name).MakeTrainer());
        }
        else
        {
            services.TryAddKeyedSingleton<CheckpointIO>(name, (provider, _) => Assembly(provider, name).MakeCheckpointIO());
            services.TryAddKeyedSingleton(name, (provider, _) => Assembly(provider, name).MakeStrategy());
            services.TryAddKeyedSingleton(name, (provider, _) => Assembly(provider, name).MakeTrainer());
        }

        return new TrainerBuilder(name, services);
    }

    private static TrainerAssembly Assembly(IServiceProvider services, string name) => services.GetRequiredKeyedService<TrainerAssembly>(name);

    private sealed record TrainerBuilder(string Name, IServiceCollection Services) : ITrainerBuilder;
}
