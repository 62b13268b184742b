using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>Creates the parts of a trainer for which the application added none.</summary>
/// <param name="checkpointIO">Creates the base of the chain of <see cref="CheckpointIO"/>.</param>
/// <param name="strategy">Creates the strategy of a trainer, given its name and its <see cref="CheckpointIO"/>.</param>
/// <param name="checkpoint">Creates the callback that saves checkpoints, given the name of the trainer.</param>
public sealed class DefaultParts(
    Func<IServiceProvider, CheckpointIO> checkpointIO,
    Func<IServiceProvider, string, CheckpointIO, IStrategy> strategy,
    Func<IServiceProvider, string, Checkpoint> checkpoint)
{
    internal Func<IServiceProvider, CheckpointIO> CheckpointIO { get; } = checkpointIO;

    internal Func<IServiceProvider, string, CheckpointIO, IStrategy> Strategy { get; } = strategy;

    internal Func<IServiceProvider, string, Checkpoint> Checkpoint { get; } = checkpoint;
}

/// <summary>Registers trainers with default parts of the caller's choice.</summary>
public static class TrainerRegistration
{
    /// <summary>
    /// Registers a trainer and its default parts. Applications call <c>AddTrainer</c> of the package Fulgurite instead, whose defaults train
    /// on the CPU and write files.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the trainer, the key of its services; empty for the default trainer.</param>
    /// <param name="defaults">Creates the parts that the application does not add.</param>
    /// <returns>The builder of the trainer. A second call for a name returns a builder of the same trainer.</returns>
    public static ITrainerBuilder AddTrainerCore(this IServiceCollection services, string name, DefaultParts defaults)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(defaults);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<TrainerOptions>(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, AnnotationValidator<TrainerOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainerOptions>, CompositionValidator>());
        services.TryAddKeyedSingleton(name, (provider, _) => new TrainerFactory(provider, name, defaults));
        if (name.Length == 0)
        {
            services.TryAddSingleton<CheckpointIO>(provider => FactoryOf(provider, name).CreateCheckpointIO());
            services.TryAddSingleton(provider => FactoryOf(provider, name).CreateStrategy());
            services.TryAddSingleton(provider => FactoryOf(provider, name).CreateTrainer());
        }
        else
        {
            services.TryAddKeyedSingleton<CheckpointIO>(name, (provider, _) => FactoryOf(provider, name).CreateCheckpointIO());
            services.TryAddKeyedSingleton(name, (provider, _) => FactoryOf(provider, name).CreateStrategy());
            services.TryAddKeyedSingleton(name, (provider, _) => FactoryOf(provider, name).CreateTrainer());
        }

        return new TrainerBuilder(name, services);
    }

    private static TrainerFactory FactoryOf(IServiceProvider services, string name) => services.GetRequiredKeyedService<TrainerFactory>(name);

    private sealed record TrainerBuilder(string Name, IServiceCollection Services) : ITrainerBuilder;
}
