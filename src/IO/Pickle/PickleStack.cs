using System.Runtime.InteropServices;

namespace Fulgurite.IO.Pickle;

/// <summary>The stack of the pickle machine, with the marks in it.</summary>
internal sealed class PickleStack(PickleInput input)
{
    private readonly List<object?> _items = [];
    private readonly List<int> _marks = [];

    public int Count => _items.Count;

    public void Push(object? item) => _items.Add(item);

    public void Mark() => _marks.Add(_items.Count);

    public object? Pop()
    {
        var item = Peek();
        _items.RemoveAt(_items.Count - 1);
        return item;
    }

    public object? Peek() => _items.Count > Floor ? _items[^1] : throw Broken("takes from an empty stack");

    public T Pop<T>(string expected)
        where T : class
    {
        var item = Pop();
        return item as T ?? throw Broken($"needs {expected} and finds {Describe(item)}");
    }

    /// <summary>Takes everything above the last mark.</summary>
    public object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Broken("needs a mark and there is none");
        }

        var start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return Take(_items.Count - start);
    }

    public object?[] PopMany(int count)
    {
        if (_items.Count - count < Floor)
        {
            throw Broken("takes from an empty stack");
        }

        return Take(count);
    }

    private object?[] Take(int count)
    {
        var start = _items.Count - count;
        var items = CollectionsMarshal.AsSpan(_items)[start..].ToArray();
        CollectionsMarshal.SetCount(_items, start);
        return items;
    }

    public PickleException Broken(string what) => new($"an instruction {what}", input.Offset);

    private static string Describe(object? item) => item switch
    {
        null => "None",
        PickleNode node => $"a {node.GetType().Name["Pickle".Length..].ToLowerInvariant()}",
        _ => $"a value of type {item.GetType().Name}",
    };

    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];
}
