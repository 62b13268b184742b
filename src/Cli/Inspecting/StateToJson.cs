namespace Fulgurite.Cli;

/// <summary>A state as JSON: maps and lists are preserved, and a tensor becomes an object with its properties.</summary>
internal static class StateToJson
{
    public static JsonNode? Convert(StateValue value, string path, IReadOnlyDictionary<string, TensorStatistics>? statistics) =>
        value switch
        {
            StateNull => null,
            StateBoolean boolean => boolean.Value,
            StateInteger integer => integer.Value,
            StateReal real => JsonText.Number(real.Value),
            StateText text => text.Value,
            StateBytes bytes => new JsonObject { ["bytes"] = bytes.ToString() },
            TensorData tensor => Tensor(tensor, path, statistics),
            UnsupportedTensor tensor =>
                new JsonObject
                {
                    ["dtype"] = tensor.TypeName,
                    ["shape"] = JsonText.Array([.. tensor.Shape]),
                    ["bytes"] = tensor.ByteLength,
                },
            StateList list => new JsonArray(
                [
                    .. list.Select(
                    (item, index) => Convert(
                        item, StateNodes.Join(path, index.ToString(System.Globalization.CultureInfo.InvariantCulture)), statistics)),
            ]),
            StateObject placeholder => new JsonObject(Children(value, path, statistics)) { ["class"] = placeholder.ClassName },
            _ => new JsonObject(Children(value, path, statistics)),
        };

    private static Dictionary<string, JsonNode?> Children(
        StateValue value, string path, IReadOnlyDictionary<string, TensorStatistics>? statistics)
    {
        // The keys 0 and "0" are different in Python but equal in JSON; the last one wins, as in Python's json.
        var seen = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (key, child) in StateNodes.Children(value))
        {
            seen[key] = Convert(child, StateNodes.Join(path, key), statistics);
        }

        return seen;
    }

    private static JsonObject Tensor(TensorData tensor, string path, IReadOnlyDictionary<string, TensorStatistics>? statistics)
    {
        var description = new JsonObject
        {
            ["dtype"] = ElementTypes.Name(tensor.Type),
            ["shape"] = JsonText.Array(tensor.Shape),
            ["bytes"] = tensor.ByteLength,
        };
        if (!tensor.IsContiguous)
        {
            description["strides"] = JsonText.Array(tensor.Strides);
        }

        if (statistics is not null)
        {
            var numbers = statistics[path];
            (description["least"], description["mean"], description["greatest"]) = (
                JsonText.Number(numbers.Least), JsonText.Number(numbers.Mean), JsonText.Number(numbers.Greatest));
            description["not_finite"] = numbers.NotFinite;
            if (numbers.Histogram is { } histogram)
            {
                description["histogram"] = JsonText.Array(histogram);
            }
        }

        return description;
    }
}
