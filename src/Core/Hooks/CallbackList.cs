using System.Collections;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The callbacks of a trainer in execution order: as added, with checkpoint callbacks last.</summary>
internal sealed class CallbackList : IReadOnlyList<Callback>
{
    private readonly Callback[] _callbacks;
    private Callback[] _active;

    public CallbackList(IEnumerable<Callback> callbacks)
    {
        var all = callbacks.ToList();
        _callbacks = [.. all.Where(callback => callback is not Checkpoint), .. all.OfType<Checkpoint>()];
        Checkpoints = [.. all.OfType<Checkpoint>()];
        _active = _callbacks;
        var twice = _callbacks.Where(HasState).GroupBy(callback => callback.StateKey, StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new InvalidOperationException(
                $"{twice.Count()} callbacks keep their state under the key '{twice.Key}' "
                    + $"({string.Join(", ", twice.Select(callback => callback.GetType().Name))}). "
                    + "Give each another Name, as ModelCheckpoint has it, or override StateKey.");
        }
    }

    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>Gets the callbacks that are active in the run.</summary>
    public ReadOnlySpan<Callback> All => _active;

    /// <summary>Gets whether any active callback saves checkpoints.</summary>
    public bool SavesCheckpoints => _active.Length > 0 && _active[^1] is Checkpoint;

    /// <summary>Gets the active callbacks that do not save checkpoints.</summary>
    public ReadOnlySpan<Callback> Observers => _active.AsSpan(0, _active.Length - Savers.Length);

    /// <summary>Gets the active callbacks that save checkpoints.</summary>
    public ReadOnlySpan<Callback> Savers =>
        SavesCheckpoints ? _active.AsSpan(_active.Length - _active.Count(callback => callback is Checkpoint)) : [];

    public int Count => _callbacks.Length;

    public Callback this[int index] => _callbacks[index];

    /// <summary>Selects the callbacks that are active in a run.</summary>
    public void Begin(bool fastDevRun) => _active = fastDevRun ? [.. _callbacks.Where(callback => callback.RunsInFastDevRun)] : _callbacks;

    public IEnumerator<Callback> GetEnumerator() => ((IEnumerable<Callback>)_callbacks).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool HasState(Callback callback) =>
        callback.GetType().GetMethod(nameof(Callback.StateDict))?.DeclaringType != typeof(Callback);
}

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
                $"EnableCheckpointing is false and ConfigureCallbacks of {module.GetType().Name} returns a {checkpoint.GetType().Name}, "
                    + "which saves checkpoints. Remove it, or set EnableCheckpointing to true.");
        }

        var types = brought.Select(callback => callback.GetType()).ToHashSet();
        var replaced = own.Where(callback => types.Contains(callback.GetType())).ToList();
        if (replaced.Count > 0)
        {
            LogReplaced(
                logger, module.GetType().Name,
                string.Join(", ", replaced.Select(callback => callback.GetType().Name).Distinct(StringComparer.Ordinal)));
        }

        _together = brought.Count == 0 ? own : new CallbackList([.. own.Except(replaced), .. brought]);
        _module = module;
        return _together;
    }

    [LoggerMessage(1040, LogLevel.Information, "ConfigureCallbacks of {Module} replaces callbacks of the trainer: {Callbacks}")]
    private static partial void LogReplaced(ILogger logger, string module, string callbacks);
}
