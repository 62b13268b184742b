namespace Fulgurite.State;

/// <summary>Traverses a state tree in order.</summary>
internal static class StateWalk
{
    /// <summary>The maximum nesting depth. Only a state that contains itself exceeds it, and would overflow the stack.</summary>
    private const int MaxDepth = 1000;

    /// <summary>Throws if the depth would risk a stack overflow.</summary>
    public static void ThrowIfTooDeep(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new NotSupportedException($"The state is nested more than {MaxDepth} levels deep. Does it contain itself?");
        }
    }

    /// <summary>Returns all tensors below a node with their paths.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    public static IEnumerable<KeyValuePair<string, TensorData>> Tensors(StateValue node, string path, int depth = 0)
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
                    foreach (var found in Tensors(value, Join(path, key.ToString()), depth + 1))
                    {
                        yield return found;
                    }
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    foreach (var found in Tensors(list[index], Join(path, index.ToString(System.Globalization.CultureInfo.InvariantCulture)), depth + 1))
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

    /// <summary>Collects all tensors below a node in order, once per occurrence. Omits the paths, which would dominate the cost.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    public static void Collect(StateValue node, List<TensorData> tensors, int depth = 0)
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

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
