using Fulgurite.State;

namespace Fulgurite.Loggers;

/// <summary>Flattens a tree of hyper-parameters.</summary>
internal static class HyperParameterList
{
    /// <summary>Returns all leaves with their dotted paths.</summary>
    public static IReadOnlyList<KeyValuePair<string, StateValue>> Of(StateMap parameters)
    {
        var leaves = new List<KeyValuePair<string, StateValue>>();
        Add(leaves, string.Empty, parameters);
        return leaves;
    }

    private static void Add(List<KeyValuePair<string, StateValue>> leaves, string path, StateValue value)
    {
        if (value is StateMap map)
        {
            foreach (var (key, child) in map)
            {
                Add(leaves, path.Length == 0 ? key.ToString() : $"{path}.{key}", child);
            }
        }
        else
        {
            leaves.Add(KeyValuePair.Create(path, value is StateList list ? $"[{string.Join(", ", list)}]" : value));
        }
    }
}
