namespace Fulgurite.State;

/// <summary>Walks a tree of values in order, for code that captures or moves the tensors of a state.</summary>
public static class StateWalk
{
    /// <summary>The maximum nesting depth. Only a state that contains itself exceeds it, and would overflow the stack.</summary>
    private const int MaxDepth = 1000;

    /// <summary>
    /// Returns all tensors below a node in order, once per occurrence. Omits the paths, unlike
    /// <see cref="TrainingState.Tensors"/>, because they would dominate the cost.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    public static IReadOnlyList<TensorData> Collect(StateValue node)
    {
        ArgumentNullException.ThrowIfNull(node);
        List<TensorData> tensors = [];
        Collect(node, tensors, depth: 0);
        return tensors;
    }

    /// <summary>Copies a tree with other tensors.</summary>
    /// <param name="node">The root of the tree.</param>
    /// <param name="tensors">The tensors of the copy, in the order of <see cref="Collect(StateValue)"/>.</param>
    public static StateValue Replace(StateValue node, IReadOnlyList<TensorData> tensors)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(tensors);
        var next = 0;
        return Replace(node, tensors, ref next);
    }

    /// <summary>Copies a tree with the same tensors, so that the copy can be changed.</summary>
    internal static StateValue Copy(StateValue node)
    {
        var next = 0;
        return Replace(node, null, ref next);
    }

    /// <summary>Throws if the depth would risk a stack overflow.</summary>
    internal static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new NotSupportedException($"The state is nested more than {MaxDepth} levels deep. Does it contain itself?");
        }
    }

    /// <summary>Returns all tensors below a node with their paths.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    internal static IEnumerable<KeyValuePair<string, TensorData>> Tensors(StateValue node, string path, int depth = 0)
    {
        ThrowIfTooDeep(depth);
        switch (node)
        {
            case TensorData tensor:
                yield return KeyValuePair.Create(path, tensor);
                break;
            case StateMap map:
                foreach (var (key, value) in map)
                {
                    // No iterator for each of thousands of tensors.
                    if (value is TensorData leaf)
                    {
                        ThrowIfTooDeep(depth + 1);
                        yield return KeyValuePair.Create(Join(path, key.ToString()), leaf);
                        continue;
                    }

                    if (!HasChildren(value))
                    {
                        continue;
                    }

                    foreach (var found in Tensors(value, Join(path, key.ToString()), depth + 1))
                    {
                        yield return found;
                    }
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    if (list[index] is not TensorData && !HasChildren(list[index]))
                    {
                        continue;
                    }

                    foreach (var found in Tensors(
                        list[index], Join(path, index.ToString(System.Globalization.CultureInfo.InvariantCulture)), depth + 1))
                    {
                        yield return found;
                    }
                }

                break;
            case StateObject placeholder:
                foreach (var found in Tensors(placeholder.Arguments, Join(path, "arguments"), depth + 1)
                    .Concat(Tensors(placeholder.State, Join(path, "state"), depth + 1))
                    .Concat(Tensors(placeholder.Items, Join(path, "items"), depth + 1)))
                {
                    yield return found;
                }

                break;
            default:
                break;
        }
    }

    private static void Collect(StateValue node, List<TensorData> tensors, int depth)
    {
        ThrowIfTooDeep(depth);
        switch (node)
        {
            case TensorData tensor:
                tensors.Add(tensor);
                break;
            case StateMap map:
                foreach (var (_, value) in map)
                {
                    Collect(value, tensors, depth + 1);
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    Collect(list[index], tensors, depth + 1);
                }

                break;
            case StateObject placeholder:
                Collect(placeholder.Arguments, tensors, depth + 1);
                Collect(placeholder.State, tensors, depth + 1);
                Collect(placeholder.Items, tensors, depth + 1);
                break;
            default:
                break;
        }
    }

    // Recursion without iterators or paths, since the training thread waits for it.
    private static StateValue Replace(StateValue node, IReadOnlyList<TensorData>? tensors, ref int next)
    {
        switch (node)
        {
            case TensorData tensor:
                return tensors is null ? tensor : tensors[next++];
            case StateMap { IsConstant: true } constant when tensors is null:
                return constant.Edit();
            case StateMap map:
                var copy = new StateMap(map.Count);
                foreach (var (key, value) in map)
                {
                    copy.Add(key, Replace(value, tensors, ref next));
                }

                return copy;
            case StateList list:
                var items = new StateValue[list.Count];
                for (var index = 0; index < items.Length; index++)
                {
                    items[index] = Replace(list[index], tensors, ref next);
                }

                return new StateList(items, list.IsTuple);
            case StateObject placeholder:
                var arguments = (StateList)Replace(placeholder.Arguments, tensors, ref next);
                var state = Replace(placeholder.State, tensors, ref next);
                return new StateObject(placeholder.ClassName, arguments, state)
                {
                    Items = Replace(placeholder.Items, tensors, ref next),
                    Form = placeholder.Form,
                };
            case StateBytes bytes:
                return new StateBytes(bytes.Value.ToArray());
            default:
                return node;
        }
    }

    private static bool HasChildren(StateValue node) => node is StateMap or StateList or StateObject;

    private static string Join(string path, string key) => path.Length == 0 ? key : string.Concat(path, ".", key);
}
