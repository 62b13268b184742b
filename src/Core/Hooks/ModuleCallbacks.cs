using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks;

/// <summary>Combines the callbacks of a trainer with those of the module that it runs.</summary>
/// <param name="own">The callbacks of the trainer.</param>
/// <param name="logger">The logger for replaced callbacks.</param>
internal sealed partial class ModuleCallbacks(CallbackList own, ILogger logger)
{
    private TrainingModule? _module;
    private CallbackList? _together;

    /// <summary>
    /// Combines the callbacks for a module. A callback of the module replaces all callbacks of the same class in the trainer; the others
    /// are appended. A module is queried only once, so that a validation after a fit uses the callbacks of the fit.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// Two callbacks share a state key, or a callback saves checkpoints although checkpointing is disabled.
    /// </exception>
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
                $"EnableCheckpointing is false and ConfigureCallbacks of {module.GetType().Name} returns a {checkpoint.GetType().Name}, which saves checkpoints. Remove it, or set EnableCheckpointing to true.");
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

    [LoggerMessage(1040, LogLevel.Information, "ConfigureCallbacks of {Module} replaces callbacks of the trainer: {Callbacks}")]
    private static partial void LogReplaced(ILogger logger, string module, string callbacks);
}
