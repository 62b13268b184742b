using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>
/// Validates the options of a trainer against its parts, and the options of its plug-ins, so that one exception lists every failure.
/// </summary>
internal sealed class CompositionValidator(IServiceProvider services) : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var trainer = name ?? string.Empty;
        // Created here, so that it disposes the instances that the builder was handed if the trainer is never created.
        services.GetKeyedService<TrainerFactory>(trainer);
        List<string> failures = [.. ValidationErrors(trainer, options), .. PluginFailures(trainer)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> ValidationErrors(string trainer, TrainerOptions options)
    {
        var suffix = trainer.Length == 0 ? string.Empty : $" of '{trainer}'";
        if (options.CheckValidationEveryNEpochs is not null && options.ValidationInterval?.Batches > options.LimitTrainBatches?.Count)
        {
            yield return $"TrainerOptions.ValidationInterval{suffix} is {options.ValidationInterval}; "
                + $"allowed is at most LimitTrainBatches, {options.LimitTrainBatches}, since no epoch gets further.";
        }

        var saving = services.GetKeyedServices<CallbackChoice>(trainer).FirstOrDefault(
            callback => callback.Type.IsSubclassOf(typeof(Checkpoint)));
        if (!options.EnableCheckpointing && saving is not null)
        {
            yield return $"TrainerOptions.EnableCheckpointing{suffix} is false and {saving.Type.Name} saves checkpoints. "
                + "Remove the callback, or set EnableCheckpointing to true.";
        }

        foreach (var failure in StrategyFailures(trainer, options))
        {
            yield return failure;
        }
    }

    /// <summary>
    /// Failures of a strategy instance. A strategy that is still to be created may open a device; it is checked with the trainer.
    /// </summary>
    private IEnumerable<string> StrategyFailures(string trainer, TrainerOptions options)
    {
        if (services.GetKeyedService<StrategyChoice>(trainer)?.Instance is not { } strategy)
        {
            return [];
        }

        var layers = services.GetKeyedServices<CheckpointIOLayer>(trainer).ToList();
        IEnumerable<string> conflicts = layers.Count == 0
            ? []
            : [CheckpointIOConflict.Message(trainer, CheckpointIOConflict.Names(layers), strategy, isHanded: false)];
        return [.. conflicts, .. RunNumerics.Failures(options, strategy)];
    }

    private List<string> PluginFailures(string trainer)
    {
        List<string> failures = [];
        foreach (var options in services.GetKeyedServices<PluginOptions>(trainer))
        {
            try
            {
                options.Get(services);
            }
            catch (OptionsValidationException exception)
            {
                failures.AddRange(exception.Failures);
            }
        }

        return failures;
    }
}
