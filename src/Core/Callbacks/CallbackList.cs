using System.Collections;

namespace Fulgurite.Callbacks;

/// <summary>The callbacks of a trainer in the order in which they run: as added, those that save checkpoints last.</summary>
internal sealed class CallbackList : IReadOnlyList<Callback>
{
    private readonly Callback[] _callbacks;

    public CallbackList(IEnumerable<Callback> callbacks)
    {
        var all = callbacks.ToList();
        _callbacks = [.. all.Where(callback => callback is not Checkpoint), .. all.OfType<Checkpoint>()];
        Checkpoints = [.. all.OfType<Checkpoint>()];
        var twice = _callbacks.Where(HasState).GroupBy(callback => callback.StateKey, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new InvalidOperationException(
                $"{twice.Count()} callbacks keep their state under the key '{twice.Key}' ({string.Join(", ", twice.Select(callback => callback.GetType().Name))}). Override StateKey so that each has its own.");
        }
    }

    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    public ReadOnlySpan<Callback> All => _callbacks;

    /// <summary>The callbacks that save no checkpoints.</summary>
    public ReadOnlySpan<Callback> Observers => _callbacks.AsSpan(0, _callbacks.Length - Checkpoints.Count);

    public int Count => _callbacks.Length;

    public Callback this[int index] => _callbacks[index];

    public void Run<TArguments>(Action<Callback, TArguments> hook, TArguments arguments)
        where TArguments : struct
    {
        foreach (var callback in _callbacks)
        {
            hook(callback, arguments);
        }
    }

    public IEnumerator<Callback> GetEnumerator() => ((IEnumerable<Callback>)_callbacks).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool HasState(Callback callback) =>
        callback.GetType().GetMethod(nameof(Callback.StateDict))?.DeclaringType != typeof(Callback);
}
