namespace Fulgurite.Cli;

/// <summary>The content of a file in a few numbers.</summary>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Bytes">The size of all tensors, with shared memory counted once.</param>
/// <param name="Shared">The number of tensors that share the memory of another one.</param>
/// <param name="WeightElements">The number of elements under <c>state_dict</c>, or in total if there is no such key.</param>
/// <param name="Types">The element types with their sizes in bytes.</param>
/// <param name="Epoch">The number of completed epochs; null if it is not recorded.</param>
/// <param name="GlobalStep">The number of optimizer steps; null if it is not recorded.</param>
/// <param name="Placeholders">The classes of placeholder objects.</param>
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
    private const int MostPlaceholders = 8;

    public static CheckpointSummary Of(OpenCheckpoint checkpoint)
    {
        var (count, bytes, shared) = (0, 0L, 0);
        var places = new HashSet<TensorStorage>(ReferenceEqualityComparer.Instance);
        var types = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var tensor in StateNodes.TensorsBelow(checkpoint.State.Root))
        {
            count++;
            var type = ElementTypes.Name(tensor.Type);

            // Of tensors that share memory only the first is counted, with the size of its storage.
            if (tensor.Storage.ByteLength == 0 || places.Add(tensor.Storage))
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
            StateNodes.TensorsBelow(checkpoint.Weights).Sum(tensor => tensor.ElementCount),
            [.. types.OrderByDescending(entry => entry.Value).Select(entry => (entry.Key, entry.Value))],
            Counter(checkpoint, CheckpointKeys.Epoch),
            Counter(checkpoint, CheckpointKeys.GlobalStep),
            StateNodes.Placeholders(checkpoint.State.Root));
    }

    public IEnumerable<string> Lines()
    {
        if (Epoch is not null || GlobalStep is not null)
        {
            yield return $"epoch {Epoch?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}, "
                + $"global_step {(GlobalStep is { } step ? Amounts.Count(step) : "?")}";
        }

        yield return $"{Amounts.Count(Tensors, "tensor")} in {Amounts.Bytes(Bytes)} of storage"
            + $"{(Shared > 0 ? $", {Amounts.Count(Shared)} sharing the memory of another" : string.Empty)}; "
            + $"{Amounts.Count(WeightElements, "element")} in the model";
        if (Types.Count > 1)
        {
            yield return "Storage by type: " + string.Join(", ", Types.Select(type => $"{type.Type} {Amounts.Bytes(type.Bytes)}"));
        }

        if (Placeholders.Count > 0)
        {
            yield return $"Placeholders for objects of unknown classes: {string.Join(", ", Placeholders.Take(MostPlaceholders))}"
                + (Placeholders.Count > MostPlaceholders
                    ? $" and {Amounts.Count(Placeholders.Count - MostPlaceholders)} more"
                    : string.Empty);
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
