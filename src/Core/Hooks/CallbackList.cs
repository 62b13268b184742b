using System.Collections;

namespace Fulgurite.Callbacks;

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
        var twice = _callbacks.Where(HasState).GroupBy(callback => callback.StateKey, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new InvalidOperationException(
                $"{twice.Count()} callbacks keep their state under the key '{twice.Key}' ({string.Join(", ", twice.Select(callback => callback.GetType().Name))}). Override StateKey to return different keys.");
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
    public ReadOnlySpan<Callback> Savers => SavesCheckpoints ? _active.AsSpan(_active.Length - _active.Count(callback => callback is Checkpoint)) : [];

    public int Count => _callbacks.Length;

    public Callback this[int index] => _callbacks[index];

    /// <summary>Selects the callbacks that are active in a run.</summary>
    public void Begin(bool fastDevRun) => _active = fastDevRun ? [.. _callbacks.Where(callback => callback.RunsInFastDevRun)] : _callbacks;

    public IEnumerator<Callback> GetEnumerator() => ((IEnumerable<Callback>)_callbacks).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool HasState(Callback callback) =>
        callback.GetType().GetMethod(nameof(Callback.StateDict))?.DeclaringType != typeof(Callback);
}
