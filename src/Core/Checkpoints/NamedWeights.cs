using Fulgurite.State;

namespace Fulgurite;

/// <summary>Finds weights by name in a file of any program.</summary>
internal static class NamedWeights
{
    /// <summary>The text metadata of a safetensors file.</summary>
    private const string Metadata = "__metadata__";

    /// <summary>Prefixes that PyTorch wrappers add to every name.</summary>
    private static readonly string[] Wrappers = ["module.", "_orig_mod.", "model.", "state_dict."];

    /// <summary>Finds the map of weights.</summary>
    /// <param name="root">The root of the file.</param>
    /// <param name="path">The path of the file, for messages.</param>
    /// <param name="options">The part of the file, and the prefixes.</param>
    /// <exception cref="InvalidOperationException">The file contains no weights, or several sets of them.</exception>
    public static StateMap In(StateMap root, string path, WeightsOptions options)
    {
        var weights = WithoutMetadata(options.Part is { } part ? Part(root, path, part) : Find(root, path));
        return options.DropPrefix is null && options.AddPrefix is null
            ? weights
            : Rename(weights, path, options.DropPrefix ?? string.Empty, options.AddPrefix);
    }

    /// <summary>
    /// Suggests a prefix to drop or add if that matches a name of the file to one of the module; otherwise, returns an empty string.
    /// </summary>
    /// <param name="names">The names in the file.</param>
    /// <param name="targets">The names in the module.</param>
    public static string Hint(IReadOnlyCollection<string> names, IReadOnlyCollection<string> targets)
    {
        foreach (var prefix in Wrappers.Where(prefix => names.All(name => name.StartsWith(prefix, StringComparison.Ordinal))))
        {
            if (names.Any(name => targets.Contains(name[prefix.Length..], StringComparer.Ordinal)))
            {
                return $" All names in it begin with '{prefix}': load it with new WeightsOptions {{ DropPrefix = \"{prefix}\" }}.";
            }
        }

        var first = names.FirstOrDefault();
        var match = first is null ? null : targets.FirstOrDefault(target => target.EndsWith("." + first, StringComparison.Ordinal));
        if (match is null)
        {
            return string.Empty;
        }

        var added = match[..^first!.Length];
        return names.All(name => targets.Contains(added + name, StringComparer.Ordinal))
            ? $" All names in the module begin with '{added}': load it with new WeightsOptions {{ AddPrefix = \"{added}\" }}."
            : string.Empty;
    }

    private static StateMap Find(StateMap root, string path)
    {
        if (root.TryGetValue(CheckpointKeys.StateDict, out var stateDict) && stateDict is StateMap ofTraining)
        {
            return ofTraining;
        }

        if (IsWeights(root))
        {
            return root;
        }

        var parts = root.Where(entry => entry.Value is StateMap map && IsWeights(map)).ToList();
        return parts switch
        {
            [var only] => (StateMap)only.Value,
            [] when root.Count == 1 && root.First().Value is StateObject whole => throw ModuleWeights.Unfit(
                path,
                $"It holds an object of the class {whole.ClassName}, as torch.save(module) writes it. "
                    + "Save its weights in Python with torch.save(module.state_dict(), ...)."),
            [] => throw ModuleWeights.Unfit(
                path, $"It has no weights: neither its root nor a top-level value is a map of tensors. Top-level keys: {Keys(root)}."),
            _ => throw ModuleWeights.Unfit(
                path,
                $"It has several sets of weights ({string.Join(", ", parts.Select(entry => $"'{entry.Key}'"))}). Choose one: "
                    + $"new WeightsOptions {{ Part = \"{parts[0].Key}\" }}."),
        };
    }

    private static StateMap Part(StateMap root, string path, string part) =>
        new TrainingState(root).Find(part) switch
        {
            StateMap map => map,
            null => throw ModuleWeights.Unfit(path, $"It has no part '{part}'. Top-level keys: {Keys(root)}."),
            var other => throw ModuleWeights.Unfit(path, $"Its part '{part}' is {other}, not a map of tensors."),
        };

    /// <summary>
    /// Returns whether a map has at least one tensor, and no nested map or list with tensors, which distinguishes weights from a training
    /// state.
    /// </summary>
    private static bool IsWeights(StateMap map) =>
        map.Any(entry => entry.Value is TensorData or UnsupportedTensor)
        && !map.Any(
            entry => entry.Value is StateMap or StateList && new TrainingState(new StateMap { ["value"] = entry.Value }).Tensors().Any());

    private static StateMap WithoutMetadata(StateMap root)
    {
        if (!root.ContainsKey(Metadata))
        {
            return root;
        }

        var weights = new StateMap(root.Count);
        foreach (var (name, value) in root)
        {
            if (name != Metadata)
            {
                weights.Add(name, value);
            }
        }

        return weights;
    }

    private static StateMap Rename(StateMap weights, string path, string dropped, string? added)
    {
        var renamed = new StateMap(weights.Count);
        foreach (var (key, value) in weights)
        {
            var name = key.ToString();
            if (name.StartsWith(dropped, StringComparison.Ordinal))
            {
                renamed.Add(added + name[dropped.Length..], value);
            }
        }

        return renamed.Count > 0
            ? renamed
            : throw ModuleWeights.Unfit(path, $"None of its weights begins with '{dropped}'. They are {Keys(weights)}.");
    }

    private static string Keys(StateMap map) =>
        map.Count == 0
            ? "nothing"
            : string.Join(", ", map.Keys.Take(8).Select(key => $"'{key}'")) + (map.Count > 8 ? $" and {map.Count - 8} more" : string.Empty);
}
