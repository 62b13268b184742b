using System.Collections;

namespace Fulgurite.State;

/// <summary>An ordered list of values; a tuple of Python is a list that says so.</summary>
public sealed class StateList : StateValue, IReadOnlyList<StateValue>
{
    private readonly List<StateValue> _items = [];
    private bool _frozen;

    /// <summary>Makes an empty list.</summary>
    public StateList()
    {
    }

    /// <summary>Makes a list of values.</summary>
    /// <param name="items">The values, in order.</param>
    /// <param name="isTuple">Whether the list is written as a tuple where the format knows tuples.</param>
    public StateList(IEnumerable<StateValue> items, bool isTuple = false)
    {
        ArgumentNullException.ThrowIfNull(items);
        _items.AddRange(items);
        IsTuple = isTuple;
    }

    /// <summary>Whether the list is written as a tuple where the format knows tuples. Default: false.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public StateValue this[int index] => _items[index];

    /// <summary>Adds a value at the end.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException">The state is captured and no longer changes.</exception>
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
