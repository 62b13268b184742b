using System.Globalization;
using System.Numerics;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// Turns what a pickle made into values of a state. What a format knows becomes a value; every other object becomes a
/// <see cref="StateObject"/>. Circles, and trees that are small in the file and endless when walked, are refused.
/// </summary>
/// <param name="selection">Which values are wanted; the others are left out.</param>
/// <param name="offset">Where the pickle is in the file, for messages.</param>
internal abstract class PickleTree(LoadSelection selection, long offset)
{
    private readonly Dictionary<PickleNode, (StateValue? Value, long Size)> _shared = new(ReferenceEqualityComparer.Instance);
    private readonly SortedSet<string> _placeholders = new(StringComparer.Ordinal);
    private int _depth;
    private long _size;

    /// <summary>The names of the classes that became placeholders.</summary>
    public IReadOnlyCollection<string> Placeholders => _placeholders;

    /// <summary>Where in the tree the value is that is being made.</summary>
    protected StatePath Path { get; } = new();

    /// <summary>Turns a node, with everything below it, into a value.</summary>
    /// <exception cref="PickleException">It is nothing that a state can hold.</exception>
    public StateValue Convert(object? node)
    {
        _size++;
        if (_size > PickleLimits.MaxTreeValues)
        {
            throw Refuse($"it unfolds to more than {PickleLimits.MaxTreeValues} values");
        }

        return node switch
        {
            null => StateValue.Null,
            bool boolean => boolean,
            long integer => integer,
            double real => real,
            string text => text,
            byte[] bytes => new StateBytes(bytes),
            BigInteger integer => Placeholder("builtins.int", [new StateText(integer.ToString(CultureInfo.InvariantCulture))], StateObjectForm.Call),
            PickleNode { IsShared: true } shared => ConvertShared(shared),
            PickleNode other => ConvertNested(other),
            _ => throw Refuse($"it holds a {node.GetType().Name}"),
        };
    }

    /// <summary>What a format makes of an object that it knows; null for one that it does not.</summary>
    protected abstract StateValue? ConvertKnown(PickleObject made);

    /// <summary>What a format makes of a reference to something outside.</summary>
    protected abstract StateValue ConvertPersistent(PicklePersistent reference);

    /// <summary>What a format makes of what its <see cref="IPickleMaker"/> made.</summary>
    protected abstract StateValue ConvertMade(PickleMade made);

    /// <summary>A refusal that says why.</summary>
    protected PickleException Refuse(string found) => new(found, offset);

    /// <summary>A map of entries; with keys that a map cannot have, a placeholder for a dictionary.</summary>
    protected StateValue ConvertEntries(List<KeyValuePair<object?, object?>> entries)
    {
        var map = new StateMap(entries.Count);
        foreach (var (key, value) in entries)
        {
            switch (key)
            {
                case string text:
                    Set(map, text, value);
                    break;
                case long number:
                    Set(map, number, value);
                    break;
                default:
                    return ConvertOddEntries(entries);
            }
        }

        return map;
    }

    /// <summary>A list of values.</summary>
    protected StateList ConvertItems(IReadOnlyList<object?> items, bool isTuple = false)
    {
        var values = new StateValue[items.Count];
        for (var index = 0; index < values.Length; index++)
        {
            Path.Enter(index);
            values[index] = IsWanted() ? Convert(items[index]) : StateValue.Null;
            Path.Leave();
        }

        return new StateList(values, isTuple);
    }

    private void Set(StateMap map, StateKey key, object? value)
    {
        Path.Enter(key);
        if (IsWanted())
        {
            map[key] = Convert(value);
        }

        Path.Leave();
    }

    private bool IsWanted() => selection.IsEverything || selection.Wants(Path.ToString());

    private StateObject ConvertOddEntries(List<KeyValuePair<object?, object?>> entries)
    {
        var pairs = entries.Select(entry => (StateValue)new StateList([Convert(entry.Key), Convert(entry.Value)], isTuple: true));
        return Placeholder("builtins.dict", [new StateList(pairs)], StateObjectForm.Call);
    }

    private StateValue ConvertShared(PickleNode node)
    {
        if (_shared.TryGetValue(node, out var known))
        {
            _size += known.Size;
            return known.Value ?? throw Refuse("it contains itself");
        }

        // What a value becomes may depend on where it stands; then only circles are looked for.

        _shared[node] = (null, 0);
        var before = _size;
        var value = ConvertNested(node);
        if (selection.NeedsPaths)
        {
            _shared.Remove(node);
        }
        else
        {
            _shared[node] = (value, _size - before);
        }

        return value;
    }

    private StateValue ConvertNested(PickleNode node)
    {
        if (++_depth > PickleLimits.MaxDepth)
        {
            throw Refuse($"it is nested more than {PickleLimits.MaxDepth} levels deep");
        }

        var value = node switch
        {
            PickleMade made => ConvertMade(made),
            PickleList list => ConvertItems(list.Items),
            PickleTuple tuple => ConvertItems(tuple.Items, isTuple: true),
            PickleDictionary dictionary => ConvertEntries(dictionary.Entries),
            PickleGlobal global => Placeholder(global.Name, [], StateObjectForm.Reference),
            PicklePersistent reference => ConvertPersistent(reference),
            PickleObject called => ConvertKnown(called) ?? ConvertUnknown(called),
            _ => throw Refuse($"it holds a {node.GetType().Name}"),
        };
        _depth--;
        return value;
    }

    private StateObject ConvertUnknown(PickleObject made)
    {
        var items = made switch
        {
            { Entries: { } entries } => ConvertEntries(entries),
            { Items: { } list } => ConvertItems(list),
            _ => StateValue.Null,
        };
        Report(made.Callable.Name);
        if (made is { Callable.Name: "builtins.set", Arguments.Items: [], State: null } && items is StateList members)
        {
            // Newer protocols make an empty set and add to it; the one that is written here gives its members to the constructor.
            return new StateObject(made.Callable.Name, new StateList([members], isTuple: true), StateValue.Null) { Form = StateObjectForm.Call };
        }

        return new StateObject(made.Callable.Name, ConvertItems(made.Arguments.Items, isTuple: true), Convert(made.State))
        {
            Items = items,
            Form = made.IsInstance ? StateObjectForm.Instance : StateObjectForm.Call,
        };
    }

    private StateObject Placeholder(string name, StateValue[] arguments, StateObjectForm form)
    {
        if (form == StateObjectForm.Reference)
        {
            Report(name);
        }

        return new StateObject(name, new StateList(arguments, isTuple: true), StateValue.Null) { Form = form };
    }

    /// <summary>Notes a class that is not known; types and devices of PyTorch and plain values of Python surprise nobody.</summary>
    private void Report(string name)
    {
        if (name[..name.IndexOf('.', StringComparison.Ordinal)] is not ("torch" or "builtins" or "__builtin__"))
        {
            _placeholders.Add(name);
        }
    }
}
