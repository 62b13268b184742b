using System.Globalization;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A reference from the tree of a sharded checkpoint to a tensor in one of its files.</summary>
/// <param name="Kind">The kind of the file, <see cref="PartName.Model"/> or <see cref="PartName.State"/>.</param>
/// <param name="Number">The number of the part, from one.</param>
/// <param name="Name">The name of the tensor in the file; empty until the part is written.</param>
internal sealed record ShardReference(string Kind, int Number, string Name)
{
    private const string ClassName = "fulgurite.Shard";

    /// <summary>Returns the reference that a value of the tree represents; null if it is another value.</summary>
    /// <exception cref="FormatException">It is a reference with invalid content.</exception>
    public static ShardReference? Of(StateValue value) => value is not StateObject { ClassName: ClassName } found
        ? null
        : found.Arguments is
            [StateText { Value: PartName.Model or PartName.State } kind, StateInteger { Value: > 0 } number, StateText name]
            ? new ShardReference(kind.Value, checked((int)number.Value), name.Value)
            : throw new FormatException("a reference to a tensor is invalid");

    /// <summary>Returns the value that represents the reference in the tree.</summary>
    public StateObject ToValue() => new(ClassName, new StateList([Kind, Number, Name]), StateValue.Null);
}

/// <summary>Walks and copies trees in which references stand for tensors.</summary>
internal static class ShardTree
{
    /// <summary>Returns the tensors and references below a node in order, with their paths.</summary>
    public static IEnumerable<(string Path, StateValue Value)> Leaves(StateValue node, string path = "")
    {
        switch (node)
        {
            case TensorData:
            case StateObject when ShardReference.Of(node) is not null:
                yield return (path, node);
                break;
            case StateMap map:
                foreach (var (key, value) in map)
                {
                    foreach (var leaf in Leaves(value, Join(path, key.ToString())))
                    {
                        yield return leaf;
                    }
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    foreach (var leaf in Leaves(list[index], Join(path, index.ToString(CultureInfo.InvariantCulture))))
                    {
                        yield return leaf;
                    }
                }

                break;
            case StateObject placeholder:
                foreach (var leaf in Leaves(placeholder.Arguments, Join(path, "arguments"))
                    .Concat(Leaves(placeholder.State, Join(path, "state")))
                    .Concat(Leaves(placeholder.Items, Join(path, "items"))))
                {
                    yield return leaf;
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Returns the references in a tree in order, with their paths.</summary>
    /// <exception cref="FormatException">The tree contains a tensor, or a reference with invalid content.</exception>
    public static IEnumerable<(string Path, ShardReference Reference)> References(StateMap tree) => Leaves(tree).Select(
        leaf => (leaf.Path, ShardReference.Of(leaf.Value) ?? throw new FormatException($"its tree contains the tensor '{leaf.Path}'")));

    /// <summary>Copies a tree with other values for its tensors and references.</summary>
    /// <param name="node">The root of the tree.</param>
    /// <param name="replace">Returns the value for a tensor or reference; called in the order of <see cref="Leaves"/>.</param>
    /// <param name="selection">The values to keep; null for all.</param>
    public static StateValue Replace(StateValue node, Func<StateValue, StateValue> replace, LoadSelection? selection = null) =>
        Replace(node, replace, selection is { IsEverything: false } ? selection : null, string.Empty);

    private static StateValue Replace(StateValue node, Func<StateValue, StateValue> replace, LoadSelection? selection, string path)
    {
        string At(string key) => selection is null ? string.Empty : Join(path, key);
        switch (node)
        {
            case TensorData:
            case StateObject when ShardReference.Of(node) is not null:
                return replace(node);
            case StateMap map:
                var entries = new StateMap(map.Count);
                foreach (var (key, value) in map)
                {
                    if (selection is null || selection.Wants(At(key.ToString())))
                    {
                        entries.Add(key, Replace(value, replace, selection, At(key.ToString())));
                    }
                }

                return entries;
            case StateList list:
                return new StateList(
                    list.Select((item, index) => At(index.ToString(CultureInfo.InvariantCulture)) is var place
                        && (selection is null || selection.Wants(place))
                            ? Replace(item, replace, selection, place)
                            : StateValue.Null),
                    list.IsTuple);
            case StateObject placeholder:
                return new StateObject(
                    placeholder.ClassName, (StateList)Replace(placeholder.Arguments, replace, selection, At("arguments")),
                    Replace(placeholder.State, replace, selection, At("state")))
                {
                    Items = Replace(placeholder.Items, replace, selection, At("items")),
                    Form = placeholder.Form,
                };
            default:
                return node;
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
