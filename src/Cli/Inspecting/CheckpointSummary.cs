using System.Text.Json.Nodes;
using Fulgurite.State;

namespace Fulgurite.Cli;

/// <summary>What a file holds, in a few numbers.</summary>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Bytes">What they take, shared memory counted once.</param>
/// <param name="Shared">How many of them share the memory of another one.</param>
/// <param name="WeightElements">The elements of the tensors under <c>state_dict</c>, or of all where there is no such key.</param>
/// <param name="Types">The element types with the bytes of each.</param>
/// <param name="Epoch">The epochs completed; null where the file does not say.</param>
/// <param name="GlobalStep">The optimizer steps done; null where the file does not say.</param>
/// <param name="Placeholders">The classes of objects that are only kept.</param>
internal sealed record CheckpointSummary(
    int Tensors,
    long Bytes,
    int Shared,
    long WeightElements,
    IReadOnlyList<(string Type, long Bytes)> Types,
    long? Epoch,
    long? GlobalStep,
    IReadOnlyList<string> Placeholders)
{
    public static CheckpointSummary Of(OpenCheckpoint checkpoint)
    {
        var (count, bytes, shared) = (0, 0L, 0);
        var places = new HashSet<nint>();
        var types = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (_, tensor) in StateNodes.Tensors(checkpoint.State.Root))
        {
            count++;
            var type = ElementTypes.Name(tensor.Type);

            // Of tensors that share memory only the first is counted: what it takes in the file is its storage.
            if (tensor.Storage.ByteLength == 0 || places.Add(tensor.Storage.Address))
            {
                bytes += tensor.Storage.ByteLength;
                types[type] = types.GetValueOrDefault(type) + tensor.Storage.ByteLength;
            }
            else
            {
                shared++;
            }
        }

        return new CheckpointSummary(
            count,
            bytes,
            shared,
            StateNodes.Tensors(checkpoint.Weights).Sum(tensor => tensor.Tensor.ElementCount),
            [.. types.OrderByDescending(entry => entry.Value).Select(entry => (entry.Key, entry.Value))],
            Counter(checkpoint, CheckpointKeys.Epoch),
            Counter(checkpoint, CheckpointKeys.GlobalStep),
            StateNodes.Placeholders(checkpoint.State.Root));
    }

    public IEnumerable<string> Lines()
    {
        if (Epoch is not null || GlobalStep is not null)
        {
            yield return $"epoch {Epoch?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}, global_step {(GlobalStep is { } step ? Amounts.Count(step) : "?")}";
        }

        yield return $"{Amounts.Count(Tensors, "tensor")} in {Amounts.Bytes(Bytes)} of storage{(Shared > 0 ? $", {Amounts.Count(Shared)} sharing the memory of another" : string.Empty)}; {Amounts.Count(WeightElements)} elements in the model";
        if (Types.Count > 1)
        {
            yield return "Storage by type: " + string.Join(", ", Types.Select(type => $"{type.Type} {Amounts.Bytes(type.Bytes)}"));
        }

        if (Placeholders.Count > 0)
        {
            yield return $"Objects of unknown classes, kept as they are: {string.Join(", ", Placeholders)}";
        }
    }

    public JsonObject ToJson() => new()
    {
        ["count"] = Tensors,
        ["bytes"] = Bytes,
        ["sharing"] = Shared,
        ["model_elements"] = WeightElements,
        ["types"] = new JsonObject(Types.Select(type => KeyValuePair.Create(type.Type, (JsonNode?)type.Bytes))),
    };

    private static long? Counter(OpenCheckpoint checkpoint, string key) =>
        checkpoint.State.Root.TryGetValue(key, out var value) && value is StateInteger counter ? counter.Value : null;
}
