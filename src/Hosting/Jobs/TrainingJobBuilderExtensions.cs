using Fulgurite.Composition;
using Fulgurite.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Adds training jobs to a host.</summary>
public static class TrainingJobBuilderExtensions
{
    /// <summary>
    /// Fits a module with the trainer after the host has started. The data is an <see cref="ITrainingData{TBatch}"/> from the services. A
    /// shutdown (Ctrl-C, SIGTERM) ends the fit at the next step boundary; its last checkpoint is written before the host has stopped.
    /// </summary>
    /// <remarks>The process exits with one of <see cref="TrainingExitCodes"/>; a <c>Main</c> with a return value returns
    /// <see cref="Environment.ExitCode"/>.</remarks>
    /// <typeparam name="TModule">The module: a service, or created with constructor arguments from the services.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the job; null for the defaults.</param>
    /// <exception cref="ArgumentException">The class does not derive from <see cref="TrainingModule{TBatch}"/>.</exception>
    /// <exception cref="InvalidOperationException">The trainer already has a job.</exception>
    public static ITrainerBuilder AddTrainingJob<TModule>(this ITrainerBuilder builder, Action<TrainingJobOptions>? configure = null)
        where TModule : TrainingModule
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.KeyedInstances<TrainingJobChoice>().FirstOrDefault() is { } first)
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} already has a job, {first.Module.Name}, and cannot have a second, {typeof(TModule).Name}. "
                    + "Add another trainer with a name for it.");
        }

        var batch = BatchOf(typeof(TModule));
        var job = typeof(TrainingJob<,>).MakeGenericType(typeof(TModule), batch);
        builder.Services.AddKeyedSingleton(builder.Name, new TrainingJobChoice(typeof(TModule)));
        builder.Services.TryAddSingleton<StopSignals>();
        builder.Services.TryAddSingleton<ProcessExit>();
        builder.Services.TryAddSingleton<TrainingJobTracker>();
        builder.Services.AddLogging();
        var options = PluginOptions.Add<TrainingJobOptions>(builder);
        builder.Services.AddSingleton<IValidateOptions<TrainingJobOptions>>(services =>
            new TrainingDataValidator(builder.Name, typeof(TModule), batch, services.GetRequiredService<IServiceProviderIsService>()));
        builder.Services.AddOptions<HostOptions>().PostConfigure<IServiceProvider>((host, services) => Raise(host, services, options));
        if (configure is not null)
        {
            builder.Services.Configure(builder.Name, configure);
        }

        builder.Services.AddSingleton(services => (IHostedService)ActivatorUtilities.CreateInstance(services, job, builder.Name));
        return builder;
    }

    private static void Raise(HostOptions host, IServiceProvider services, PluginOptions options)
    {
        try
        {
            var needed = ((TrainingJobOptions)options.Get(services)).ShutdownTimeout;
            host.ShutdownTimeout = host.ShutdownTimeout > needed ? host.ShutdownTimeout : needed;
        }
        catch (OptionsValidationException)
        {
            // Reported with all other errors of the trainer when the host starts; this code runs when it is built.
        }
    }

    private static Type BatchOf(Type module)
    {
        for (var type = module; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(TrainingModule<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        throw new ArgumentException(
            $"{module.Name} is no module that a job can train. Name a class that derives from TrainingModule<TBatch>.", nameof(module));
    }
}
