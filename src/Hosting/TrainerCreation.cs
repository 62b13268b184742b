using Fulgurite.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite;

/// <summary>Makes a trainer without a host.</summary>
public static class TrainerCreation
{
    extension(Trainer)
    {
        /// <summary>Makes a trainer of parts, as <c>services.AddTrainer()</c> does: <c>await using var trainer = Trainer.Create(...)</c>.</summary>
        /// <param name="compose">Adds the parts; <see cref="ITrainerBuilder.Services"/> takes what these want besides.</param>
        /// <returns>The trainer; disposing it disposes its parts.</returns>
        /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are not allowed.</exception>
        /// <exception cref="InvalidOperationException">Parts do not go together.</exception>
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
                // Not Dispose: it refuses parts that can only be disposed asynchronously.
                provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
                throw;
            }
        }
    }

    /// <summary>Changes the options of the trainer, in <see cref="Create"/> as elsewhere.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Changes them.</param>
    public static ITrainerBuilder Configure(this ITrainerBuilder builder, Action<TrainerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
