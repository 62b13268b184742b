using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks;

/// <summary>The callbacks of a trainer together with those that the module which it runs brings along.</summary>
/// <param name="own">Those of the trainer.</param>
/// <param name="logger">Where it says which of them are replaced.</param>
internal sealed partial class ModuleCallbacks(CallbackList own, ILogger logger)
{
    private TrainingModule? _module;
    private CallbackList? _together;

    /// <summary>
    /// Asks a module for its callbacks. One of the same class as some of the trainer takes the place of all of these; the others come after
    /// them. A module is asked once, so that a validation after its fit meets the callbacks of the fit.
    /// </summary>
    /// <exception cref="InvalidOperationException">Two callbacks share a state key, or one saves checkpoints where that is disabled.</exception>
    public CallbackList For(TrainingModule module, bool mayCheckpoint)
    {
        if (_together is not null && ReferenceEquals(_module, module))
        {
            return _together;
        }

        var brought = module.ConfigureCallbacks().ToList();
        if (!mayCheckpoint && brought.OfType<Checkpoint>().FirstOrDefault() is { } checkpoint)
        {
            throw new InvalidOperationException(
                $"EnableCheckpointing is false and ConfigureCallbacks of {module.GetType().Name} gives a {checkpoint.GetType().Name}, which saves checkpoints. Leave it out there, or set EnableCheckpointing to true.");
        }

        var types = brought.Select(callback => callback.GetType()).ToHashSet();
        var replaced = own.Where(callback => types.Contains(callback.GetType())).ToList();
        if (replaced.Count > 0)
        {
            LogReplaced(logger, module.GetType().Name, string.Join(", ", replaced.Select(callback => callback.GetType().Name).Distinct(StringComparer.Ordinal)));
        }

        _together = brought.Count == 0 ? own : new CallbackList([.. own.Except(replaced), .. brought]);
        _module = module;
        return _together;
    }

    [LoggerMessage(1040, LogLevel.Information, "ConfigureCallbacks of {Module} takes the place of callbacks of the trainer: {Callbacks}")]
    private static partial void LogReplaced(ILogger logger, string module, string callbacks);
}
