using System.Collections;

namespace Fulgurite.State;

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
