using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>Creates a trainer without a host.</summary>
public static class TrainerCreation
{
    extension(Trainer)
    {
        /// <summary>
        /// Creates a trainer from parts, like <c>services.AddTrainer()</c>: <c>await using var trainer = Trainer.Create(...)</c>.
        /// </summary>
        /// <param name="compose">Adds the parts; <see cref="ITrainerBuilder.Services"/> accepts their dependencies.</param>
        /// <returns>The trainer; disposing it disposes its parts.</returns>
        /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are invalid.</exception>
        /// <exception cref="InvalidOperationException">Parts are incompatible.</exception>
        public static Trainer Create(Action<ITrainerBuilder>? compose = null)
        {
            var services = new ServiceCollection();
            var builder = services.AddTrainer();
            compose?.Invoke(builder);
            var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
            try
            {
                var trainer = provider.GetRequiredService<Trainer>();
                trainer.Own(provider);
                return trainer;
            }
            catch
            {
                // Not Dispose, which throws for parts that are only IAsyncDisposable.
                provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
                throw;
            }
        }
    }

    /// <summary>Configures the options of the trainer.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder Configure(this ITrainerBuilder builder, Action<TrainerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
