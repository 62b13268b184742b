using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.State;

/// <summary>A map that preserves the order in which its keys were first set.</summary>
public sealed class StateMap : StateValue, IReadOnlyCollection<KeyValuePair<StateKey, StateValue>>
{
    private readonly OrderedDictionary<StateKey, StateValue> _entries;
    private bool _frozen;

    /// <summary>Initializes an empty map.</summary>
    public StateMap()
        : this(0)
    {
    }

    /// <summary>Initializes an empty map with an initial capacity.</summary>
    /// <param name="capacity">The expected number of entries.</param>
    public StateMap(int capacity) => _entries = new OrderedDictionary<StateKey, StateValue>(capacity);

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <summary>Gets the keys, in order.</summary>
    public IEnumerable<StateKey> Keys => _entries.Keys;

    /// <summary>Gets or sets the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">The map does not contain the key; the message lists the existing keys.</exception>
    /// <exception cref="InvalidOperationException">The value is set on a captured state, which is read-only.</exception>
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

    /// <summary>Adds a key and its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The map already contains the key.</exception>
    public void Add(StateKey key, StateValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfFrozen(_frozen);
        _entries.Add(key, value);
    }

    /// <summary>Returns whether the map contains a key.</summary>
    /// <param name="key">The key.</param>
    public bool ContainsKey(StateKey key) => _entries.ContainsKey(key);

    /// <summary>Gets the value of a key if the map contains it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, or null if the key is absent.</param>
    /// <returns>true if the map contains the key; otherwise, false.</returns>
    public bool TryGetValue(StateKey key, [MaybeNullWhen(false)] out StateValue value) => _entries.TryGetValue(key, out value);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>true if the key was removed; false if the map did not contain it.</returns>
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
            throw new InvalidOperationException("The state is captured and therefore read-only. Change it before passing it to a CheckpointIO.");
        }
    }

    internal void Freeze() => _frozen = true;

    private KeyNotFoundException Missing(StateKey key) =>
        new($"The state has no '{key}' here. It has: {(Count == 0 ? "nothing" : string.Join(", ", Keys.Take(20)))}{(Count > 20 ? ", ..." : string.Empty)}.");
}
