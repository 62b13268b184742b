namespace Fulgurite.Cli;

/// <summary>The weights of one file that fit a model by name and shape, and the differences.</summary>
/// <param name="Weights">The weights of the file that have the name and the shape of a weight of the model.</param>
/// <param name="Missing">The names of the model that the file lacks.</param>
/// <param name="Unexpected">The names of the file that the model lacks.</param>
/// <param name="OtherShapes">The names in both with both shapes, first that of the file.</param>
internal sealed record WeightsMatch(
    StateMap Weights, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> OtherShapes)
{
    private const int MostNames = 8;

    public static WeightsMatch Of(StateMap weights, StateMap model)
    {
        var expected = model.Where(entry => entry.Value is TensorData)
            .ToDictionary(entry => entry.Key.ToString(), entry => (TensorData)entry.Value, StringComparer.Ordinal);
        var fitting = new StateMap();
        List<string> unexpected = [], otherShapes = [];
        foreach (var (key, value) in weights)
        {
            var name = key.ToString();
            if (!expected.Remove(name, out var wanted))
            {
                unexpected.Add(name);
            }
            else if (value is TensorData tensor && !tensor.Shape.SequenceEqual(wanted.Shape))
            {
                otherShapes.Add($"{name} {Amounts.Shape(tensor.Shape)} instead of {Amounts.Shape(wanted.Shape)}");
            }
            else
            {
                fitting[name] = value;
            }
        }

        return new WeightsMatch(fitting, [.. expected.Keys], unexpected, otherShapes);
    }

    /// <summary>Returns the message for weights of which none fits.</summary>
    public string Mismatch(string file, string model) =>
        $"No weight of '{file}' has the name and shape of one of '{model}'. {string.Join(". ", Lines)}. "
            + "--strip-prefix and --add-prefix change the names.";

    /// <summary>Gets a line for each kind of difference that occurs.</summary>
    public IEnumerable<string> Lines =>
        new[] { ("missing", Missing), ("unexpected", Unexpected), ("other shape", OtherShapes) }
        .Where(kind => kind.Item2.Count > 0)
        .Select(kind => $"{Amounts.Count(kind.Item2.Count)} {kind.Item1}: {Names(kind.Item2)}");

    private static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : string.Empty);
}
