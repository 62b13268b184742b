using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>The stack of the pickle machine, with its marks.</summary>
internal sealed class PickleStack(PickleInput input)
{
    private readonly List<(int Count, long Offset)> _marks = [];
    private object?[] _items = new object?[64];
    private int _count;

    /// <summary>Gets the items above the last mark; valid until the stack changes.</summary>
    /// <exception cref="PickleException">There is no mark.</exception>
    public ReadOnlySpan<object?> AboveMark => _items.AsSpan(LastMark, _count - LastMark);

    /// <summary>Gets the file offset after the instruction of the last mark.</summary>
    public long LastMarkOffset => _marks.Count > 0 ? _marks[^1].Offset : throw Broken("needs a mark, but there is none");

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1].Count;

    private int LastMark => _marks.Count > 0 ? _marks[^1].Count : throw Broken("needs a mark, but there is none");

    public void Push(object? item)
    {
        if (_count == _items.Length)
        {
            ThrowIfTooDeep();
            Array.Resize(ref _items, 2 * _count);
        }

        _items[_count++] = item;
    }

    /// <summary>Sets a mark, right after its instruction was read.</summary>
    public void Mark()
    {
        ThrowIfTooDeep();
        _marks.Add((_count, input.Offset));
    }

    public object? Pop()
    {
        var item = Peek();
        _items[--_count] = null;
        return item;
    }

    public object? Peek() => _count > Floor ? _items[_count - 1] : throw Broken("takes from an empty stack");

    /// <summary>Returns the item below the last mark if it has the given type; otherwise, null.</summary>
    public T? PeekBelowMark<T>()
        where T : class
    {
        var floor = _marks.Count > 1 ? _marks[^2].Count : 0;
        return LastMark > floor ? _items[LastMark - 1] as T : null;
    }

    /// <summary>Returns the last item if it has the given type; otherwise, null.</summary>
    public T? PeekAtTop<T>()
        where T : class => _count > Floor ? _items[_count - 1] as T : null;

    public T Pop<T>(string expected)
        where T : class
    {
        var item = Pop();
        return item as T ?? throw Broken($"needs {expected} and finds {Describe(item)}");
    }

    /// <summary>Returns the last items; valid until the stack changes.</summary>
    public ReadOnlySpan<object?> Last(int count) =>
        _count - count >= Floor ? _items.AsSpan(_count - count, count) : throw Broken("takes from an empty stack");

    /// <summary>Removes the last items.</summary>
    public void Drop(int count)
    {
        _count -= count;
        Array.Clear(_items, _count, count);
    }

    /// <summary>Removes the last mark and everything above it.</summary>
    public void DropToMark()
    {
        Drop(_count - LastMark);
        _marks.RemoveAt(_marks.Count - 1);
    }

    /// <summary>Detects deep nesting by the unfinished values on the stack: by marks, or by values without a preceding mark.</summary>
    private void ThrowIfTooDeep()
    {
        if (_marks.Count > PickleLimits.MaxDepth || _count >= (_marks.Count == 0 ? PickleLimits.MaxUnmarked : PickleLimits.MaxStack))
        {
            throw new PickleException(
                $"the pickle nests values more than {PickleLimits.MaxDepth} levels deep, "
                    + $"or a tuple in it has more than {PickleLimits.MaxStack} items",
                input.Offset);
        }
    }

    public PickleException Broken(string what) => new($"an instruction {what}", input.Offset);

    private static string Describe(object? item) => item switch
    {
        null => "None",
        PickleNode node => $"a {node.GetType().Name["Pickle".Length..].ToLowerInvariant()}",
        _ => $"a value of type {item.GetType().Name}",
    };
}

/// <summary>The memo of a pickle. Indexes are mostly consecutive and then need no dictionary.</summary>
internal sealed class PickleMemo
{
    private readonly List<object?> _inOrder = [];

    /// <summary>The other indexes. Their hash is seeded, since the file chooses them.</summary>
    private readonly Dictionary<StateKey, object?> _others = [];

    /// <summary>Gets the number of times that a value was replaced.</summary>
    public int Replacements { get; private set; }

    /// <summary>Gets the number of stored values.</summary>
    public int Count => _inOrder.Count + _others.Count;

    /// <summary>Stores a value at an index, replacing the previous one.</summary>
    public void Put(long place, object? value)
    {
        if (place == _inOrder.Count && !_others.ContainsKey(place))
        {
            _inOrder.Add(value);
        }
        else if (place >= 0 && place < _inOrder.Count)
        {
            _inOrder[(int)place] = value;
            Replacements++;
        }
        else
        {
            Replacements += _others.ContainsKey(place) ? 1 : 0;
            _others[place] = value;
        }
    }

    /// <summary>Gets the value at an index, if there is one.</summary>
    public bool TryGetValue(long place, out object? value)
    {
        if (place >= 0 && place < _inOrder.Count)
        {
            value = _inOrder[(int)place];
            return true;
        }

        return _others.TryGetValue(place, out value);
    }
}
