using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>
/// Checks what is between options: the rules across those of a trainer, and those of its plug-ins, so that one exception holds all that is
/// wrong with a trainer.
/// </summary>
internal sealed class CompositionValidator(IServiceProvider services) : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var trainer = name ?? string.Empty;
        // Made here, so that the container disposes through it what it was given, should the trainer never be made.
        services.GetKeyedService<TrainerFactory>(trainer);
        List<string> failures = [.. services.GetKeyedServices<CompositionFailure>(trainer).Select(failure => failure.Message), .. ValidationErrors(trainer, options), .. PluginFailures(trainer)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> ValidationErrors(string trainer, TrainerOptions options)
    {
        var suffix = trainer.Length == 0 ? string.Empty : $" of '{trainer}'";
        if (options.CheckValidationEveryNEpochs is not null && options.ValidationInterval?.Batches > options.LimitTrainBatches?.Count)
        {
            yield return $"TrainerOptions.ValidationInterval{suffix} is {options.ValidationInterval}; allowed is at most LimitTrainBatches, {options.LimitTrainBatches}, since no epoch gets further.";
        }

        var saving = services.GetKeyedServices<CallbackChoice>(trainer).FirstOrDefault(callback => callback.Type.IsSubclassOf(typeof(Checkpoint)));
        if (!options.EnableCheckpointing && saving is not null)
        {
            yield return $"TrainerOptions.EnableCheckpointing{suffix} is false and {saving.Type.Name} saves checkpoints. Remove the callback, or set EnableCheckpointing to true.";
        }

        foreach (var failure in StrategyFailures(trainer, options))
        {
            yield return failure;
        }
    }

    /// <summary>Only of a strategy that is there already: one that is still to be made may open a device, and is asked when the trainer is made.</summary>
    private IEnumerable<string> StrategyFailures(string trainer, TrainerOptions options)
    {
        if (services.GetKeyedService<StrategyChoice>(trainer)?.Instance is not { } strategy)
        {
            return [];
        }

        var layers = services.GetKeyedServices<CheckpointIOLayer>(trainer).ToList();
        IEnumerable<string> conflicts = layers.Count == 0 ? [] : [CheckpointIOConflict.Message(trainer, CheckpointIOConflict.Names(layers), strategy, isHanded: false)];
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

/// <summary>Something wrong that was found while a trainer was composed, a keyed service: it is reported with everything else.</summary>
/// <param name="Message">What, and what to do.</param>
internal sealed record CompositionFailure(string Message);

/// <summary>What composition says.</summary>
internal static partial class CompositionLog
{
    [LoggerMessage(5100, LogLevel.Debug, "{Trainer} is made of:\n{Description}")]
    public static partial void Composed(ILogger logger, string trainer, TrainerDescription description);
}
