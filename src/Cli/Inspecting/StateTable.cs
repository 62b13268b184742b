namespace Fulgurite.Cli;

/// <summary>A state as a table: an indented tree with one row per value.</summary>
internal sealed class StateTable
{
    private const int LongestText = 60;
    private const int LongestInlineList = 8;
    private const int LongestName = 56;
    private const int LongestTensorName = 120;

    private readonly string[] _headers;
    private readonly List<string[]> _rows = [];
    private readonly int _depth;
    private readonly IReadOnlyDictionary<string, TensorStatistics>? _statistics;
    private readonly Dictionary<nint, string> _places = [];

    // A file can refer to a value any number of times: it is counted and expanded once.
    private readonly Dictionary<StateValue, (int Tensors, long Bytes)> _totals = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<StateValue, string> _expanded = new(ReferenceEqualityComparer.Instance);
    private readonly bool _hasBars;

    private StateTable(int depth, IReadOnlyDictionary<string, TensorStatistics>? statistics)
    {
        _hasBars = statistics?.Values.Any(tensor => tensor.Histogram is not null) == true;
        _depth = depth;
        _statistics = statistics;
        _headers = statistics is null
            ? ["name", "type", "value or shape", ">size", "note"]
            : [
                "name",
                "type",
                "value or shape",
                ">size",
                ">min",
                ">mean",
                ">max",
                .. _hasBars ? (string[])["distribution"] : [],
                "note",
            ];
    }

    /// <summary>Writes the table.</summary>
    /// <param name="screen">The screen.</param>
    /// <param name="node">The root of the tree.</param>
    /// <param name="path">Its path.</param>
    /// <param name="depth">The number of levels.</param>
    /// <param name="statistics">The statistics of each tensor by path; null to omit them.</param>
    public static void Write(
        Screen screen, StateValue node, string path, int depth, IReadOnlyDictionary<string, TensorStatistics>? statistics)
    {
        var table = new StateTable(depth, statistics);
        if (StateNodes.Children(node).Any())
        {
            table.AddChildren(node, path, 0);
        }
        else
        {
            table.Add(path, path, node, 0);
        }

        screen.WriteTable(table._headers, table._rows);
    }

    private void AddChildren(StateValue node, string path, int level)
    {
        foreach (var (key, value) in StateNodes.Children(node))
        {
            Add(key, StateNodes.Join(path, key), value, level);
        }
    }

    private void Add(string key, string path, StateValue value, int level)
    {
        // Lightning uses very long keys for its callbacks.
        var name = new string(' ', level * 2) + (value is TensorData ? Clip(key, LongestTensorName)
            : key.Length > LongestName ? key[..LongestName] + "..." : key);
        switch (value)
        {
            case TensorData tensor:
                AddTensor(name, path, tensor);
                break;
            case UnsupportedTensor unsupported:
                AddRow(
                    name, unsupported.TypeName, Amounts.Shape([.. unsupported.Shape]), Amounts.Bytes(unsupported.ByteLength),
                    "type not supported by TorchSharp");
                break;
            case StateList list when list.Count <= LongestInlineList
                && list.All(item => item is not (StateMap or StateList or TensorData or StateObject)):
                AddRow(name, list.IsTuple ? "tuple" : "list", $"[{string.Join(", ", list.Select(Text))}]");
                break;
            case StateMap or StateList or StateObject when StateNodes.Children(value).Any():
                var (tensors, bytes) = Total(value);
                var isExpanded = level + 1 < _depth;
                var known = isExpanded && !_expanded.TryAdd(value, path) ? _expanded[value] : null;
                AddRow(
                    name,
                    value is StateObject ? "object" : value is StateMap ? "map" : "list",
                    value is StateObject placeholder ? placeholder.ClassName : $"of {Amounts.Count(StateNodes.Children(value).Count())}",
                    tensors > 0 ? Amounts.Bytes(bytes) : string.Empty,
                    known is not null ? $"same value as {Clip(known)}"
                        : !isExpanded && tensors > 0 ? Amounts.Count(tensors, "tensor") + " below" : string.Empty);
                if (isExpanded && known is null)
                {
                    AddChildren(value, path, level + 1);
                }

                break;
            default:
                AddRow(name, TypeOf(value), Text(value));
                break;
        }
    }

    /// <summary>Shortens a long path in the middle, since its ends are more informative.</summary>
    private static string Clip(string path, int longest = LongestName) =>
        path.Length <= longest ? path : $"{path[..(longest / 2)]}...{path[^(longest / 2)..]}";

    /// <summary>Returns the number and the size of the tensors at and below a value.</summary>
    private (int Tensors, long Bytes) Total(StateValue value)
    {
        if (value is TensorData tensor)
        {
            return (1, tensor.ByteLength);
        }

        if (!_totals.TryGetValue(value, out var total))
        {
            foreach (var (_, child) in StateNodes.Children(value))
            {
                var (tensors, bytes) = Total(child);
                total = (total.Tensors + tensors, total.Bytes + bytes);
            }

            _totals[value] = total;
        }

        return total;
    }

    private void AddTensor(string name, string path, TensorData tensor)
    {
        var note = new List<string>();
        if (tensor.ElementCount > 0 && !_places.TryAdd(tensor.Address, path))
        {
            note.Add($"same memory as {Clip(_places[tensor.Address])}");
        }

        if (!tensor.IsContiguous)
        {
            note.Add($"strides {Amounts.Shape(tensor.Strides)}");
        }

        if (_statistics is null)
        {
            AddRow(
                name, ElementTypes.Name(tensor.Type), Amounts.Shape(tensor.Shape), Amounts.Bytes(tensor.ByteLength),
                string.Join(", ", note));
            return;
        }

        var numbers = _statistics[path];
        if (numbers.NotFinite > 0)
        {
            note.Insert(0, $"{Amounts.Count(numbers.NotFinite)} not finite");
        }

        string[] bars = _hasBars ? [numbers.Bars()] : [];
        _rows.Add([
            Clean(name),
            ElementTypes.Name(tensor.Type),
            Amounts.Shape(tensor.Shape),
            Amounts.Bytes(tensor.ByteLength),
            numbers.Text(numbers.Least),
            numbers.Text(numbers.Mean),
            numbers.Text(numbers.Greatest),
            .. bars,
            Clean(string.Join(", ", note)),
        ]);
    }

    private void AddRow(string name, string type, string value, string size = "", string note = "")
    {
        string[] cells = _statistics is null
            ? [name, type, value, size, note]
            : [name, type, value, size, string.Empty, string.Empty, string.Empty, .. _hasBars ? (string[])[string.Empty] : [], note];
        _rows.Add(Array.ConvertAll(cells, Clean));
    }

    private static string TypeOf(StateValue value) => value switch
    {
        StateNull => "none",
        StateBoolean => "bool",
        StateInteger => "int",
        StateReal => "float",
        StateText => "text",
        StateBytes => "bytes",
        StateMap => "map",
        StateList => "list",
        _ => "object",
    };

    private static string Text(StateValue value) => value switch
    {
        StateNull => "None",
        StateText { Value: var text } => Quoted(text),
        StateBytes bytes => $"{bytes}",
        StateMap or StateList => "empty",
        _ => value.ToString() ?? string.Empty,
    };

    private static string Quoted(string text)
    {
        // Control characters from a file must not reach the terminal.
        var clean = string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
        return clean.Length > LongestText ? $"'{clean[..LongestText]}...' ({Amounts.Count(text.Length)} characters)" : $"'{clean}'";
    }

    private static string Clean(string text) => string.Create(text.Length, text, static (clean, text) =>
    {
        for (var index = 0; index < clean.Length; index++)
        {
            clean[index] = char.IsControl(text[index]) ? '?' : text[index];
        }
    });
}
