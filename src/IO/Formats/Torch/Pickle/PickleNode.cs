using System.Collections;

namespace Fulgurite.IO;

/// <summary>
/// A pickled object that can contain other objects. Integers, strings and the like are plain .NET values: <c>null</c>,
/// <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, byte
/// arrays.
/// </summary>
internal abstract class PickleNode
{
    /// <summary>Gets or sets a value indicating whether the pickle uses the node more than once; only such nodes can form cycles.</summary>
    public bool IsShared { get; set; }

    /// <summary>
    /// Gets the minimum number of levels below the node, as of when they were added. It detects deep nesting while the pickle is read;
    /// <see cref="PickleTree"/> detects levels added later.
    /// </summary>
    public int Height { get; private set; }

    /// <summary>Records an item added to the node.</summary>
    /// <returns>false if the node is now nested too deeply.</returns>
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

/// <summary>The description of a call or of the creation of an instance; nothing is called.</summary>
internal sealed class PickleObject(PickleGlobal callable, PickleTuple arguments, bool isInstance) : PickleNode
{
    public PickleGlobal Callable { get; } = callable;

    public PickleTuple Arguments { get; } = arguments;

    /// <summary>Gets a value indicating whether the object is a new empty instance rather than the result of a call.</summary>
    public bool IsInstance { get; } = isInstance;

    /// <summary>Gets or sets the appended items; null if there are none.</summary>
    public List<object?>? Items { get; set; }

    /// <summary>Gets or sets the dictionary entries set on the object; null if there are none.</summary>
    public PickleEntries? Entries { get; set; }

    /// <summary>Gets or sets the state of the object; null if there is none.</summary>
    public object? State { get; set; }
}

/// <summary>A dictionary: its assignments in order; a later value for a key replaces an earlier one.</summary>
internal sealed class PickleDictionary : PickleNode
{
    private PickleEntries? _entries;

    /// <summary>Gets the assignments; an empty dictionary has no object for them.</summary>
    public PickleEntries Entries => _entries ?? PickleEntries.None;

    /// <summary>Adds a batch: keys, each followed by its value.</summary>
    public void Add(object?[] batch) => (_entries ??= new PickleEntries()).Add(batch);
}

/// <summary>Assignments to keys, in the batches in which the pickle makes them.</summary>
internal sealed class PickleEntries : IEnumerable<KeyValuePair<object?, object?>>
{
    /// <summary>No assignments.</summary>
    public static readonly PickleEntries None = new();

    private readonly List<object?[]> _batches = [];

    /// <summary>Gets the number of assignments.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a batch: keys, each followed by its value.</summary>
    public void Add(object?[] batch)
    {
        _batches.Add(batch);
        Count += batch.Length / 2;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object?, object?>> GetEnumerator()
    {
        foreach (var batch in _batches)
        {
            for (var index = 0; index < batch.Length; index += 2)
            {
                yield return KeyValuePair.Create(batch[index], batch[index + 1]);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The result of an <see cref="IPickleMaker"/>. Attributes set on it later are not part of a state.</summary>
internal abstract class PickleMade : PickleNode;

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(object?[] items) : PickleNode
{
    public static readonly PickleTuple Empty = new([]);

    public object?[] Items { get; } = items;
}

/// <summary>The name of a class or function. It is never resolved.</summary>
internal sealed class PickleGlobal(string name) : PickleNode
{
    /// <summary>Gets the module and the name, separated by a dot.</summary>
    public string Name { get; } = name;
}

/// <summary>A reference to an object outside of the pickle.</summary>
internal sealed class PicklePersistent(object? id) : PickleNode
{
    public object? Id { get; } = id;
}

/// <summary>
/// Converts frequent references and calls of a format while the pickle is read, without nodes for their parts. The others become a
/// <see cref="PicklePersistent"/> or a <see cref="PickleObject"/>. Implementations must not keep the spans.
/// </summary>
internal interface IPickleMaker
{
    /// <summary>Converts a persistent reference; returns null if it is unknown.</summary>
    /// <param name="id">The items of the tuple that identifies the object.</param>
    PickleMade? TryRefer(ReadOnlySpan<object?> id);

    /// <summary>Converts a call; returns null if it is unknown.</summary>
    /// <param name="callable">The callable.</param>
    /// <param name="arguments">The arguments.</param>
    PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments);

    /// <summary>
    /// Converts a call whose pickle equals that of an earlier one, except for the third item of the tuple that its arguments start with.
    /// </summary>
    /// <param name="made">The result of the earlier call.</param>
    /// <param name="number">The number that the item, a text, stands for.</param>
    /// <returns>The result; null to run the pickle of the call instead.</returns>
    PickleMade? TryRepeat(PickleMade made, long number);
}
