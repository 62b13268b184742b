using System.Globalization;
using System.Numerics;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// Converts pickle nodes to state values. Objects known to the format become values, and all others become a
/// <see cref="StateObject"/>. Cycles, and trees whose shared nodes expand to too many values, are rejected.
/// </summary>
/// <param name="selection">The values to load.</param>
/// <param name="offset">The file offset of the pickle, for messages.</param>
internal abstract class PickleTree(LoadSelection selection, long offset)
{
    private const long InProgress = -1;

    private readonly Dictionary<PickleNode, (StateValue? Value, long Size)> _shared = new(ReferenceEqualityComparer.Instance);
    private readonly SortedSet<string> _placeholders = new(StringComparer.Ordinal);
    private int _depth;
    private long _size;
    private long _repeated;

    /// <summary>Gets the names of the classes loaded as placeholders.</summary>
    public IReadOnlyCollection<string> Placeholders => _placeholders;

    /// <summary>Gets the path of the value being converted.</summary>
    protected StatePath Path { get; } = new();

    /// <summary>Converts the result of a pickle to a value.</summary>
    /// <exception cref="PickleException">A node has no representation in a state; the exception contains its path.</exception>
    public StateValue ConvertAll(object? node)
    {
        try
        {
            return Convert(node);
        }
        catch (PickleException exception)
        {
            // The path is not left on an error.
            throw new PickleException(exception.Message, exception.Offset) { Place = Path.Describe(), IsTensor = Path.IsTensor };
        }
    }

    /// <summary>Converts a node and its descendants to a value.</summary>
    protected StateValue Convert(object? node)
    {
        _size++;
        return node switch
        {
            null => StateValue.Null,
            bool boolean => boolean,
            long integer => integer,
            double real => real,
            string text => text,
            byte[] bytes => new StateBytes(bytes),
            BigInteger integer => Placeholder(
                "builtins.int", [new StateText(integer.ToString(CultureInfo.InvariantCulture))], StateObjectForm.Call),
            PickleNode { IsShared: true } shared => ConvertShared(shared),
            PickleNode other => ConvertNested(other),
            _ => throw Refuse($"it holds a {node.GetType().Name}"),
        };
    }

    /// <summary>Converts an object known to the format; returns null for other objects.</summary>
    protected abstract StateValue? ConvertKnown(PickleObject made);

    /// <summary>Converts a reference to an object outside of the pickle.</summary>
    protected abstract StateValue ConvertPersistent(PicklePersistent reference);

    /// <summary>Converts the result of the <see cref="IPickleMaker"/> of the format.</summary>
    protected abstract StateValue ConvertMade(PickleMade made);

    /// <summary>Creates the exception for a rejected pickle.</summary>
    protected PickleException Refuse(string found) => new(found, offset);

    /// <summary>Converts entries to a map, or to a placeholder for a dictionary if a map cannot have such keys.</summary>
    protected StateValue ConvertEntries(PickleEntries entries)
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

    /// <summary>Converts items to a list.</summary>
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

    private StateObject ConvertOddEntries(PickleEntries entries)
    {
        var pairs = entries.Select(entry => (StateValue)new StateList([Convert(entry.Key), Convert(entry.Value)], isTuple: true));
        return Placeholder("builtins.dict", [new StateList(pairs)], StateObjectForm.Call);
    }

    private StateValue ConvertShared(PickleNode node)
    {
        if (_shared.TryGetValue(node, out var known))
        {
            if (known.Size == InProgress)
            {
                throw Refuse("it contains itself");
            }

            var limit = Math.Clamp(
                PickleLimits.RepeatRatio * (_size - _repeated), PickleLimits.FreeRepeatedValues, PickleLimits.MaxRepeatedValues);
            _repeated += known.Size;
            if (_repeated > limit)
            {
                throw Refuse($"its shared values expand to more than {limit} values");
            }

            if (known.Value is not null)
            {
                _size += known.Size;
                return known.Value;
            }

            // Its values depend on their path, and are made anew.
        }

        _shared[node] = (null, InProgress);
        var before = _size;
        var value = ConvertNested(node);
        _shared[node] = (selection.NeedsPaths ? null : value, _size - before);
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
            // Newer protocols create an empty set and add its members; the protocol written here passes them to the constructor.
            return new StateObject(made.Callable.Name, new StateList([members], isTuple: true), StateValue.Null)
            {
                Form = StateObjectForm.Call,
            };
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

    /// <summary>Records an unknown class. PyTorch types and devices and plain Python values are not worth a report.</summary>
    private void Report(string name)
    {
        if (name[..name.IndexOf('.', StringComparison.Ordinal)] is not ("torch" or "builtins" or "__builtin__"))
        {
            _placeholders.Add(name);
        }
    }
}

/// <summary>
/// Creates short tuples. Shapes and strides repeat from tensor to tensor; a tuple of integers equal to one of the last few reuses that
/// instance, since tuples are immutable.
/// </summary>
internal sealed class PickleTuples
{
    private readonly PickleTuple[] _recent = [PickleTuple.Empty, PickleTuple.Empty, PickleTuple.Empty, PickleTuple.Empty];
    private int _oldest;

    public PickleTuple Of(ReadOnlySpan<object?> items)
    {
        foreach (var recent in _recent)
        {
            if (IsSame(recent.Items, items))
            {
                return recent;
            }
        }

        var made = new PickleTuple(items.ToArray());
        _recent[_oldest] = made;
        _oldest = (_oldest + 1) % _recent.Length;
        return made;
    }

    private static bool IsSame(object?[] known, ReadOnlySpan<object?> items)
    {
        if (known.Length != items.Length)
        {
            return false;
        }

        for (var index = 0; index < known.Length; index++)
        {
            if (known[index] is not long value || items[index] is not long other || value != other)
            {
                return false;
            }
        }

        return true;
    }
}
