namespace Fulgurite.State;

/// <summary>Goes through a tree in order.</summary>
internal static class StateWalk
{
    /// <summary>All tensors below a node with their paths.</summary>
    public static IEnumerable<KeyValuePair<string, TensorData>> Tensors(StateValue node, string path)
    {
        switch (node)
        {
            case TensorData tensor:
                yield return KeyValuePair.Create(path, tensor);
                break;
            case StateMap map:
                foreach (var (key, value) in map)
                {
                    foreach (var found in Tensors(value, Join(path, key.ToString())))
                    {
                        yield return found;
                    }
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    foreach (var found in Tensors(list[index], Join(path, index.ToString(System.Globalization.CultureInfo.InvariantCulture))))
                    {
                        yield return found;
                    }
                }

                break;
            case StateObject placeholder:
                foreach (var found in Tensors(placeholder.Arguments, Join(path, "arguments"))
                    .Concat(Tensors(placeholder.State, Join(path, "state")))
                    .Concat(Tensors(placeholder.Items, Join(path, "items"))))
                {
                    yield return found;
                }

                break;
            default:
                break;
        }
    }

    /// <summary>All tensors below a node in order, one entry for each place where one stands; without paths, which cost more than all else.</summary>
    public static void Collect(StateValue node, List<TensorData> tensors)
    {
        switch (node)
        {
            case TensorData tensor:
                tensors.Add(tensor);
                break;
            case StateMap map:
                foreach (var (_, value) in map)
                {
                    Collect(value, tensors);
                }

                break;
            case StateList list:
                for (var index = 0; index < list.Count; index++)
                {
                    Collect(list[index], tensors);
                }

                break;
            case StateObject placeholder:
                Collect(placeholder.Arguments, tensors);
                Collect(placeholder.State, tensors);
                Collect(placeholder.Items, tensors);
                break;
            default:
                break;
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
