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
    /// Registers a trainer and its default parts. Applications call <c>AddTrainer</c> of the package Fulgurite instead, whose defaults
    /// train on the CPU and write files.
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

    private static TrainerFactory FactoryOf(IServiceProvider services, string name) =>
        services.GetRequiredKeyedService<TrainerFactory>(name);

    private sealed record TrainerBuilder(string Name, IServiceCollection Services) : ITrainerBuilder;
}

/// <summary>
/// Registers and finds parts that occur several times per trainer. Those of the default trainer are plain services, so that
/// <c>services.AddSingleton&lt;Callback, Mine&gt;()</c> adds to them; those of a named trainer are keyed by its name.
/// </summary>
internal static class TrainerParts
{
    public static void AddPart<TPart>(this ITrainerBuilder builder, TPart part)
        where TPart : class
    {
        if (builder.Name.Length == 0)
        {
            builder.Services.AddSingleton(part);
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, part);
        }
    }

    public static void AddPart<TPart>(this ITrainerBuilder builder, Func<IServiceProvider, TPart> factory)
        where TPart : class
    {
        if (builder.Name.Length == 0)
        {
            builder.Services.AddSingleton(factory);
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, (services, _) => factory(services));
        }
    }

    public static IEnumerable<TPart> GetParts<TPart>(this IServiceProvider services, string trainer)
        where TPart : class =>
        trainer.Length == 0 ? services.GetServices<TPart>() : services.GetKeyedServices<TPart>(trainer);
}

/// <summary>An <c>AddStrategy</c> call of a trainer, registered as a keyed service.</summary>
/// <param name="Type">The class of the strategy; null if it is known only to a factory.</param>
/// <param name="TakesCheckpointIO">Whether it receives the <see cref="CheckpointIO"/> of the trainer.</param>
/// <param name="Make">Creates the strategy.</param>
internal sealed record StrategyChoice(Type? Type, bool TakesCheckpointIO, Func<IServiceProvider, CheckpointIO?, IStrategy> Make)
{
    /// <summary>Gets the strategy if it already exists, so that it can be queried before the trainer is created.</summary>
    public IStrategy? Instance { get; init; }

    /// <summary>Gets the name in error messages.</summary>
    public string DisplayName => Type?.Name ?? "one from a factory";
}

/// <summary>
/// The class of a callback that was added by its class or as an instance, registered as a keyed service for checks before its creation.
/// </summary>
/// <param name="Type">The class.</param>
internal sealed record CallbackChoice(Type Type);

/// <summary>An <c>AddCheckpointIO</c> call of a trainer, registered as a keyed service: the base or a wrapper.</summary>
/// <param name="Type">The class; null if it is known only to a factory.</param>
/// <param name="IsWrapper">Whether it is a wrapper.</param>
/// <param name="Make">Creates the instance from the wrapped instance, which is null for the base.</param>
internal sealed record CheckpointIOLayer(Type? Type, bool IsWrapper, Func<IServiceProvider, CheckpointIO?, CheckpointIO> Make)
{
    /// <summary>Gets the instance if it already exists.</summary>
    public CheckpointIO? Instance { get; init; }

    /// <summary>Gets the name in error messages.</summary>
    public string DisplayName => Type?.Name ?? (IsWrapper ? "a wrapper from a factory" : "one from a factory");
}
