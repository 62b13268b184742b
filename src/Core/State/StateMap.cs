using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.State;

/// <summary>A map that keeps the order in which its keys were first set.</summary>
public sealed class StateMap : StateValue, IReadOnlyCollection<KeyValuePair<StateKey, StateValue>>
{
    private readonly OrderedDictionary<StateKey, StateValue> _entries;
    private bool _frozen;

    /// <summary>Makes an empty map.</summary>
    public StateMap()
        : this(0)
    {
    }

    /// <summary>Makes an empty map with room for entries.</summary>
    /// <param name="capacity">How many entries it will have, as far as that is known.</param>
    public StateMap(int capacity) => _entries = new OrderedDictionary<StateKey, StateValue>(capacity);

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <summary>The keys, in order.</summary>
    public IEnumerable<StateKey> Keys => _entries.Keys;

    /// <summary>The value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">The map lacks the key; the message lists the keys that it has.</exception>
    /// <exception cref="InvalidOperationException">Set on a captured state, which no longer changes.</exception>
    public StateValue this[StateKey key]
    {
        get => _entries.TryGetValue(key, out var value) ? value : throw Missing(key);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ThrowIfFrozen(_frozen);
            _entries[key] = value;
        }
    }

    /// <summary>Adds a key that the map lacks.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The map has the key.</exception>
    public void Add(StateKey key, StateValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfFrozen(_frozen);
        _entries.Add(key, value);
    }

    /// <summary>Whether the map has a key.</summary>
    /// <param name="key">The key.</param>
    public bool ContainsKey(StateKey key) => _entries.ContainsKey(key);

    /// <summary>The value of a key, if the map has it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether the map has the key.</returns>
    public bool TryGetValue(StateKey key, [MaybeNullWhen(false)] out StateValue value) => _entries.TryGetValue(key, out value);

    /// <summary>Takes a key out.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether the map had the key.</returns>
    public bool Remove(StateKey key)
    {
        ThrowIfFrozen(_frozen);
        return _entries.Remove(key);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<StateKey, StateValue>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => $"map of {Count}";

    internal static void ThrowIfFrozen(bool frozen)
    {
        if (frozen)
        {
            throw new InvalidOperationException("This state is captured and no longer changes. Change the state before it is given to a CheckpointIO.");
        }
    }

    internal void Freeze() => _frozen = true;

    private KeyNotFoundException Missing(StateKey key) =>
        new($"The state has no '{key}' here. It has: {(Count == 0 ? "nothing" : string.Join(", ", Keys.Take(20)))}{(Count > 20 ? ", ..." : string.Empty)}.");
}
