using System.Globalization;
using Fulgurite.State;

namespace Fulgurite.Cli;

/// <summary>Goes through a state.</summary>
internal static class StateNodes
{
    /// <summary>What is directly below a value, with its key; nothing for leaves.</summary>
    public static IEnumerable<(string Key, StateValue Value)> Children(StateValue node) => node switch
    {
        StateMap map => map.Select(entry => (entry.Key.ToString(), entry.Value)),
        StateList list => list.Select((item, index) => (index.ToString(CultureInfo.InvariantCulture), item)),
        StateObject placeholder => new[] { ("arguments", placeholder.Arguments), ("state", placeholder.State), ("items", placeholder.Items) }
            .Where(part => part.Item2 is not StateNull and not StateList { Count: 0 }),
        _ => [],
    };

    /// <summary>All leaves below a value with their paths; an empty list or map is a leaf.</summary>
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

    /// <summary>All tensors at and below a value with their paths.</summary>
    public static IEnumerable<(string Path, TensorData Tensor)> Tensors(StateValue node, string path = "") =>
        Leaves(node, path).Where(leaf => leaf.Value is TensorData).Select(leaf => (leaf.Path, (TensorData)leaf.Value));

    /// <summary>The classes of placeholders, in order.</summary>
    public static IReadOnlyList<string> Placeholders(StateValue node) => [.. Objects(node).Select(found => found.ClassName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static IEnumerable<StateObject> Objects(StateValue node)
    {
        if (node is StateObject placeholder)
        {
            yield return placeholder;
        }

        foreach (var (_, child) in Children(node))
        {
            foreach (var found in Objects(child))
            {
                yield return found;
            }
        }
    }
}
