using Fulgurite.Composition;
using Fulgurite.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <summary>Trains as a service of a host.</summary>
public static class TrainingJobBuilderExtensions
{
    /// <summary>
    /// Fits a module with the trainer when the host has started. The data is an <see cref="ITrainingData{TBatch}"/> of the services. A host that
    /// stops (Ctrl-C, SIGTERM) ends the fit at the next step boundary; its last checkpoint is written before the host has stopped.
    /// </summary>
    /// <remarks>The exit code of the process becomes one of <see cref="TrainingExitCodes"/>; a <c>Main</c> that returns a number returns
    /// <see cref="Environment.ExitCode"/>.</remarks>
    /// <typeparam name="TModule">The module: a service, or made with what its constructor wants from the services.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Changes how the job begins and ends; null for the defaults.</param>
    /// <exception cref="ArgumentException">The class is no <see cref="TrainingModule{TBatch}"/>.</exception>
    /// <exception cref="InvalidOperationException">The trainer has a job already.</exception>
    public static ITrainerBuilder AddTrainingJob<TModule>(this ITrainerBuilder builder, Action<TrainingJobOptions>? configure = null)
        where TModule : TrainingModule
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.KeyedInstances<TrainingJobChoice>().FirstOrDefault() is { } first)
        {
            throw new InvalidOperationException(
                $"{builder.DisplayName()} has a job already, {first.Module.Name}, and is given another, {typeof(TModule).Name}. Add another trainer for it, with a name.");
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
            // Reported with everything else that is wrong with the trainer when the host starts; this runs when it is built.
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

        throw new ArgumentException($"{module.Name} is no module that a job can train. Name a class that derives from TrainingModule<TBatch>.", nameof(module));
    }
}
