using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>A map that preserves the order in which its keys were first set.</summary>
public sealed class StateMap : StateValue, IReadOnlyCollection<KeyValuePair<StateKey, StateValue>>
{
    private OrderedDictionary<StateKey, StateValue> _entries;
    private bool _frozen;

    /// <summary>Whether a frozen map has the same entries, which are copied before the first change.</summary>
    private bool _isShared;

    /// <summary>Initializes an empty map.</summary>
    public StateMap()
        : this(0)
    {
    }

    /// <summary>Initializes an empty map with an initial capacity.</summary>
    /// <param name="capacity">The expected number of entries.</param>
    public StateMap(int capacity) => _entries = new OrderedDictionary<StateKey, StateValue>(capacity);

    private StateMap(OrderedDictionary<StateKey, StateValue> shared) => (_entries, _isShared) = (shared, true);

    /// <inheritdoc/>
    public int Count => _entries.Count;

    /// <summary>Gets the keys, in order.</summary>
    public IEnumerable<StateKey> Keys => _entries.Keys;

    /// <summary>Gets a value that indicates whether neither the map nor any of its values can change.</summary>
    internal bool IsConstant { get; private set; }

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
            BeforeChange();
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
        BeforeChange();
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
        BeforeChange();
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
            throw new InvalidOperationException(
                "The state is captured and therefore read-only. Change it before passing it to a CheckpointIO.");
        }
    }

    /// <summary>Makes the map read-only.</summary>
    /// <param name="isConstant">Whether its values cannot change either.</param>
    internal void Freeze(bool isConstant) => (_frozen, IsConstant) = (true, isConstant);

    /// <summary>Returns a writable copy of a constant map, which shares the entries until its first change.</summary>
    internal StateMap Edit() => new(_entries);

    private void BeforeChange()
    {
        ThrowIfFrozen(_frozen);
        if (_isShared)
        {
            (_entries, _isShared) = (new OrderedDictionary<StateKey, StateValue>(_entries), false);
        }
    }

    private KeyNotFoundException Missing(StateKey key) =>
        new(
            $"The state has no '{key}' here. It has: "
                + $"{(Count == 0 ? "nothing" : string.Join(", ", Keys.Take(20)))}{(Count > 20 ? ", ..." : string.Empty)}.");
}

/// <summary>An ordered list of values. <see cref="IsTuple"/> distinguishes Python tuples from lists.</summary>
public sealed class StateList : StateValue, IReadOnlyList<StateValue>
{
    private readonly List<StateValue> _items = [];
    private bool _frozen;

    /// <summary>Initializes an empty list.</summary>
    public StateList()
    {
    }

    /// <summary>Initializes a list with values.</summary>
    /// <param name="items">The values, in order.</param>
    /// <param name="isTuple">true to write the list as a tuple in formats that support tuples; otherwise, false.</param>
    public StateList(IEnumerable<StateValue> items, bool isTuple = false)
    {
        ArgumentNullException.ThrowIfNull(items);
        _items.AddRange(items);
        IsTuple = isTuple;
    }

    /// <summary>Gets a value that indicates whether the list is written as a tuple in formats that support tuples.</summary>
    /// <value>The default is false.</value>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public StateValue this[int index] => _items[index];

    /// <summary>Appends a value.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException">The state is captured and therefore read-only.</exception>
    public void Add(StateValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        StateMap.ThrowIfFrozen(_frozen);
        _items.Add(value);
    }

    /// <inheritdoc/>
    public IEnumerator<StateValue> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => IsTuple ? $"tuple of {Count}" : $"list of {Count}";

    internal void Freeze() => _frozen = true;
}

/// <summary>
/// An object of an unknown class, read from a file of another program. It is inert: the class is not resolved and none of its code
/// runs. Its parts are preserved, so that they can be inspected or written back.
/// </summary>
/// <param name="className">The full name of the class, such as <c>argparse.Namespace</c>.</param>
/// <param name="arguments">The constructor arguments.</param>
/// <param name="state">The state that was set after construction, or <see cref="StateValue.Null"/>.</param>
public sealed class StateObject(string className, StateList arguments, StateValue state) : StateValue
{
    /// <summary>Gets the full name of the class, such as <c>argparse.Namespace</c>.</summary>
    public string ClassName { get; } = className;

    /// <summary>Gets the constructor arguments.</summary>
    public StateList Arguments { get; } = arguments;

    /// <summary>Gets the state that was set after construction, or <see cref="StateValue.Null"/>.</summary>
    public StateValue State { get; } = state;

    /// <summary>Gets the items that were appended to the object as a list or set on it as a map.</summary>
    /// <value>The default is <see cref="StateValue.Null"/>.</value>
    public StateValue Items { get; init; } = Null;

    /// <summary>Gets the way in which the object was constructed.</summary>
    /// <value>The default is <see cref="StateObjectForm.Instance"/>.</value>
    public StateObjectForm Form { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"object of {ClassName}";
}

/// <summary>Specifies how a <see cref="StateObject"/> was constructed in its file of origin.</summary>
public enum StateObjectForm
{
    /// <summary>An instance of a class, created from the arguments and then given its state.</summary>
    Instance,

    /// <summary>The result of calling a class or function with the arguments, such as an enumeration member.</summary>
    Call,

    /// <summary>The class or function itself, without arguments.</summary>
    Reference,
}
