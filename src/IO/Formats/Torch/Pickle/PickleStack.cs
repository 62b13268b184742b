namespace Fulgurite.IO;

/// <summary>The stack of the pickle machine, with the marks in it.</summary>
internal sealed class PickleStack(PickleInput input)
{
    private readonly List<int> _marks = [];
    private object?[] _items = new object?[64];
    private int _count;

    /// <summary>What lies above the last mark; valid until the stack changes.</summary>
    /// <exception cref="PickleException">There is no mark.</exception>
    public ReadOnlySpan<object?> AboveMark => _items.AsSpan(LastMark, _count - LastMark);

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private int LastMark => _marks.Count > 0 ? _marks[^1] : throw Broken("needs a mark and there is none");

    public void Push(object? item)
    {
        if (_count == _items.Length)
        {
            ThrowIfTooDeep();
            Array.Resize(ref _items, 2 * _count);
        }

        _items[_count++] = item;
    }

    public void Mark()
    {
        ThrowIfTooDeep();
        _marks.Add(_count);
    }

    public object? Pop()
    {
        var item = Peek();
        _items[--_count] = null;
        return item;
    }

    public object? Peek() => _count > Floor ? _items[_count - 1] : throw Broken("takes from an empty stack");

    /// <summary>What lies below the last mark, if that is such a thing.</summary>
    public T? PeekBelowMark<T>()
        where T : class
    {
        var floor = _marks.Count > 1 ? _marks[^2] : 0;
        return LastMark > floor ? _items[LastMark - 1] as T : null;
    }

    public T Pop<T>(string expected)
        where T : class
    {
        var item = Pop();
        return item as T ?? throw Broken($"needs {expected} and finds {Describe(item)}");
    }

    /// <summary>The last items; valid until the stack changes.</summary>
    public ReadOnlySpan<object?> Last(int count) =>
        _count - count >= Floor ? _items.AsSpan(_count - count, count) : throw Broken("takes from an empty stack");

    /// <summary>Takes the last items away.</summary>
    public void Drop(int count)
    {
        _count -= count;
        Array.Clear(_items, _count, count);
    }

    /// <summary>Takes the last mark away, and everything above it.</summary>
    public void DropToMark()
    {
        Drop(_count - LastMark);
        _marks.RemoveAt(_marks.Count - 1);
    }

    /// <summary>Values that are not finished lie on the stack, so that deep nesting shows there: as marks, or as values that no mark precedes.</summary>
    private void ThrowIfTooDeep()
    {
        if (_marks.Count > PickleLimits.MaxDepth || _count >= (_marks.Count == 0 ? PickleLimits.MaxUnmarked : PickleLimits.MaxStack))
        {
            throw new PickleException($"the pickle nests values more than {PickleLimits.MaxDepth} levels deep, or a tuple in it has more than {PickleLimits.MaxStack} items", input.Offset);
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
