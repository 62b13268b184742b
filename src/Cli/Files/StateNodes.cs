using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>Enumerates the values of a state.</summary>
internal static class StateNodes
{
    /// <summary>Returns the children of a value with their keys; none for leaves.</summary>
    public static IEnumerable<(string Key, StateValue Value)> Children(StateValue node) => node switch
    {
        StateMap map => map.Select(entry => (entry.Key.ToString(), entry.Value)),
        StateList list => list.Select((item, index) => (index.ToString(CultureInfo.InvariantCulture), item)),
        StateObject placeholder =>
            new[] { ("arguments", placeholder.Arguments), ("state", placeholder.State), ("items", placeholder.Items) }
            .Where(part => part.Item2 is not StateNull and not StateList { Count: 0 }),
        _ => [],
    };

    /// <summary>Returns all leaves below a value with their paths; an empty list or map is a leaf.</summary>
    public static IEnumerable<(string Path, StateValue Value)> Leaves(StateValue node, string path = "")
    {
        var isLeaf = true;
        foreach (var (key, child) in Children(node))
        {
            isLeaf = false;
            foreach (var leaf in Leaves(child, Join(path, key)))
            {
                yield return leaf;
            }
        }

        if (isLeaf)
        {
            yield return (path, node);
        }
    }

    /// <summary>Returns all tensors at and below a value with their paths.</summary>
    public static IEnumerable<(string Path, TensorData Tensor)> Tensors(StateValue node, string path = "") =>
        Leaves(node, path).Where(leaf => leaf.Value is TensorData).Select(leaf => (leaf.Path, (TensorData)leaf.Value));

    /// <summary>Returns all tensors at and below a value, without their paths.</summary>
    public static IEnumerable<TensorData> TensorsBelow(StateValue node) => Below(node).OfType<TensorData>();

    /// <summary>Returns the class names of placeholders, sorted.</summary>
    public static IReadOnlyList<string> Placeholders(StateValue node) =>
    [
        .. Below(node).OfType<StateObject>().Select(found => found.ClassName).Distinct(StringComparer.Ordinal).Order(
            StringComparer.Ordinal),
    ];

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>Returns a value and all values below it, in order.</summary>
    private static IEnumerable<StateValue> Below(StateValue node)
    {
        yield return node;
        var open = new Stack<IEnumerator<(string Key, StateValue Value)>>([Children(node).GetEnumerator()]);
        while (open.TryPeek(out var children))
        {
            if (!children.MoveNext())
            {
                open.Pop().Dispose();
                continue;
            }

            yield return children.Current.Value;
            if (children.Current.Value is StateMap or StateList or StateObject)
            {
                open.Push(Children(children.Current.Value).GetEnumerator());
            }
        }
    }
}
