namespace Fulgurite.IO;

/// <summary>
/// Something that a pickle made and that may hold other things. Integers, texts and the like are plain .NET values: <c>null</c>,
/// <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, byte arrays.
/// </summary>
internal abstract class PickleNode
{
    /// <summary>Whether the pickle used it more than once; only such nodes can be part of a circle.</summary>
    public bool IsShared { get; set; }

    /// <summary>
    /// How many levels of nodes are below it at least: those that it had when they were added. It finds deep nesting while the pickle is read;
    /// levels added later are found by <see cref="PickleTree"/>.
    /// </summary>
    public int Height { get; private set; }

    /// <summary>Takes note of something that is added to it.</summary>
    /// <returns>False if it is nested too deeply now.</returns>
    public bool TryHold(object? item)
    {
        if (item is PickleNode node && node.Height >= Height)
        {
            Height = node.Height + 1;
        }

        return Height <= PickleLimits.MaxDepth;
    }
}

/// <summary>A list.</summary>
internal sealed class PickleList : PickleNode
{
    private List<object?>? _items;

    public IReadOnlyList<object?> Items => _items ?? [];

    public void AddRange(ReadOnlySpan<object?> items) => (_items ??= []).AddRange(items);
}

/// <summary>What calling something, or making an instance of it, would have given; nothing was called.</summary>
internal sealed class PickleObject(PickleGlobal callable, PickleTuple arguments, bool isInstance) : PickleNode
{
    public PickleGlobal Callable { get; } = callable;

    public PickleTuple Arguments { get; } = arguments;

    /// <summary>Whether it is an instance made empty, rather than the result of a call.</summary>
    public bool IsInstance { get; } = isInstance;

    /// <summary>What was appended to it; null for nothing.</summary>
    public List<object?>? Items { get; set; }

    /// <summary>What was set on it as on a dictionary; null for nothing.</summary>
    public List<KeyValuePair<object?, object?>>? Entries { get; set; }

    /// <summary>What it was given as its state; null for nothing.</summary>
    public object? State { get; set; }
}

/// <summary>A dictionary: what was set, in order; a later value for a key replaces an earlier one.</summary>
internal sealed class PickleDictionary : PickleNode
{
    public List<KeyValuePair<object?, object?>> Entries { get; } = [];
}

/// <summary>What a format made of a reference or a call while the pickle was read. Attributes that it is given later are no part of a state.</summary>
internal abstract class PickleMade : PickleNode;

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(object?[] items) : PickleNode
{
    public static readonly PickleTuple Empty = new([]);

    public object?[] Items { get; } = items;
}

/// <summary>The name of a class or function. Nothing is ever looked up by it.</summary>
internal sealed class PickleGlobal(string name) : PickleNode
{
    /// <summary>The module and the name in it, with a dot between.</summary>
    public string Name { get; } = name;
}

/// <summary>A reference to something outside the pickle.</summary>
internal sealed class PicklePersistent(object? id) : PickleNode
{
    public object? Id { get; } = id;
}
