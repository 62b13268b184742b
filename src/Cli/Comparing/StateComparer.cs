namespace Fulgurite.Cli;

/// <summary>Compares two trees value by value.</summary>
internal sealed class StateComparer(TensorComparer tensors, bool ignoreType, bool tensorsOnly, string prefix)
{
    /// <summary>Compares two trees.</summary>
    /// <returns>A finding for each value of either tree: in the order of the first tree, then the values of only the second one.</returns>
    public List<Finding> Compare(StateValue left, StateValue right, Screen screen, CancellationToken cancellationToken)
    {
        var (mine, others) = (Leaves(left), Leaves(right));
        using var meter = new Meter(
            screen, "comparing", mine.Values.Concat(others.Values).OfType<TensorData>().Sum(tensor => tensor.ByteLength));
        var findings = new Finding[mine.Count];
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.ForEach(mine.Select((entry, index) => (entry.Key, entry.Value, index)), options, item =>
        {
            findings[item.index] = others.TryGetValue(item.Key, out var other)
                ? Compare(item.Key, item.Value, other, meter, cancellationToken)
                : new Finding(item.Key, Finding.Missing, $"only in the first: {Describe(item.Value)}");
        });
        return
        [
            .. findings,
            .. others.Where(entry => !mine.ContainsKey(entry.Key)).Select(
                entry => new Finding(entry.Key, Finding.Extra, $"only in the second: {Describe(entry.Value)}")),
        ];
    }

    private Finding Compare(string path, StateValue left, StateValue right, Meter meter, CancellationToken cancellationToken)
    {
        if (left is not TensorData mine || right is not TensorData other)
        {
            return AreSame(left, right)
                ? new Finding(path, Finding.Equal, string.Empty)
                : new Finding(path, Finding.Different, $"{Describe(left)} and {Describe(right)}");
        }

        if (!mine.Shape.SequenceEqual(other.Shape))
        {
            return new Finding(path, Finding.Shape, $"{Amounts.Shape(mine.Shape)} and {Amounts.Shape(other.Shape)}");
        }

        var types = mine.Type == other.Type ? string.Empty : $"{ElementTypes.Name(mine.Type)} and {ElementTypes.Name(other.Type)}";
        if (ElementTypes.IsComplex(mine.Type) != ElementTypes.IsComplex(other.Type))
        {
            return new Finding(path, Finding.Type, types);
        }

        var numbers = tensors.Compare(mine, other, meter.Add, cancellationToken);
        var status = numbers.Different > 0 ? Finding.Different
            : types.Length > 0 && !ignoreType ? Finding.Type
            : numbers.MaxAbsolute > 0 ? Finding.Close
            : Finding.Equal;
        return new Finding(path, status, types, numbers);
    }

    private Dictionary<string, StateValue> Leaves(StateValue root)
    {
        var leaves = new Dictionary<string, StateValue>(StringComparer.Ordinal);
        foreach (var (path, value) in StateNodes.Leaves(root))
        {
            if (!tensorsOnly || value is TensorData)
            {
                // Two keys may form the same path ("a.b", and "b" in "a"): the second one is marked, in both files.
                var stripped = path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path;
                var name = stripped;
                for (var number = 2; !leaves.TryAdd(name, value); number++)
                {
                    name = $"{stripped}#{number}";
                }
            }
        }

        return leaves;
    }

    private static bool AreSame(StateValue left, StateValue right) => (left, right) switch
    {
        (StateReal { Value: double.NaN }, StateReal { Value: double.NaN }) => true, // The sign does not matter.
        (StateBytes mine, StateBytes other) => mine.Value.Span.SequenceEqual(other.Value.Span),
        (StateList mine, StateList other) => mine.Count == 0 && other.Count == 0,
        (StateMap mine, StateMap other) => mine.Count == 0 && other.Count == 0,
        (StateObject mine, StateObject other) => mine.ClassName == other.ClassName,
        _ => left.Equals(right),
    };

    private static string Describe(StateValue value) => value switch
    {
        TensorData tensor => $"{ElementTypes.Name(tensor.Type)} {Amounts.Shape(tensor.Shape)}",
        StateNull => "None",
        StateText { Value: { Length: > 60 } text } => $"'{text[..60]}...'",
        StateText { Value: var text } => $"'{text}'",
        _ => value.ToString() ?? string.Empty,
    };
}

/// <summary>The comparison of one value of two files.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Status">The result: equal, close, different, type, shape, missing, extra.</param>
/// <param name="Detail">The values in both files, if they add information.</param>
/// <param name="Numbers">The difference of tensors; null if they were not compared.</param>
internal sealed record Finding(string Path, string Status, string Detail, TensorDifference? Numbers = null)
{
    public const string Equal = "equal";
    public const string Close = "close";
    public const string Different = "different";
    public const string Type = "type";
    public const string Shape = "shape";
    public const string Missing = "missing";
    public const string Extra = "extra";

    public bool IsDifference => Status is not (Equal or Close);

    public JsonObject ToJson()
    {
        var node = new JsonObject { ["path"] = Path, ["status"] = Status };
        if (Detail.Length > 0)
        {
            node["detail"] = Detail;
        }

        if (Numbers is { } numbers)
        {
            node["different_elements"] = numbers.Different;
            node["max_abs"] = JsonText.Number(numbers.MaxAbsolute);
            node["max_rel"] = JsonText.Number(numbers.MaxRelative);
        }

        return node;
    }
}
