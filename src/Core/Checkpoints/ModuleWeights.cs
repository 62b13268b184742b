using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Puts the weights of a checkpoint into a module, all or none.</summary>
internal static class ModuleWeights
{
    /// <summary>Whether weights have to fit exactly: what the caller says, else what the module says, else they have to.</summary>
    /// <exception cref="ArgumentException">Both say something, and not the same.</exception>
    public static bool IsStrict(TrainingModule module, bool? strict) =>
        strict is { } asked && module.StrictLoading is { } own && asked != own
            ? throw new ArgumentException($"{module.GetType().Name} says StrictLoading = {own} and the call says strict = {asked}. Leave out one of them.", nameof(strict))
            : strict ?? module.StrictLoading ?? true;

    /// <summary>Finds what does not fit, before anything is changed.</summary>
    /// <param name="state">The checkpoint.</param>
    /// <param name="module">The module.</param>
    /// <param name="path">Where the checkpoint is, for messages.</param>
    /// <param name="strict">Whether missing and unknown weights are errors; tensors of other shapes always are.</param>
    /// <returns>What is left out: weights that the checkpoint lacks, and such that the module does not know; empty where all fit.</returns>
    public static string Check(TrainingState state, nn.Module module, string path, bool strict)
    {
        var weights = Weights(state, path);
        var targets = module.state_dict();
        var missing = targets.Keys.Where(name => !weights.ContainsKey(name)).ToList();
        var unexpected = weights.Keys.Select(key => key.ToString()).Where(name => !targets.ContainsKey(name)).ToList();
        var difference = missing.Count + unexpected.Count == 0 ? string.Empty : $"Missing in it: {Names(missing)}. Unknown to the module: {Names(unexpected)}.";
        if (strict && difference.Length > 0)
        {
            throw Unfit(path, $"It was made by another module. {difference} To take over what fits, load it non-strictly (StrictLoading, or strict: false).");
        }

        if (missing.Count == targets.Count && targets.Count > 0)
        {
            throw Unfit(path, $"None of its weights belongs to the module. {difference}");
        }

        foreach (var (name, tensor) in targets)
        {
            if (weights.ContainsKey(name) && Fault(tensor) is { } fault)
            {
                throw Unfit(path, $"{Subject(module, name)} {fault}");
            }

            if (weights.TryGetValue(name, out var value) && (value is not TensorData saved || !tensor.shape.AsSpan().SequenceEqual(saved.Shape)))
            {
                throw Unfit(path, $"'{name}' is a {value} in it and has the shape [{string.Join(", ", tensor.shape)}] in the module. Use the sizes that the checkpoint was made with.");
            }

            if (value is TensorData { Type: ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 } && !tensor.is_complex())
            {
                throw Unfit(path, $"'{name}' is complex in it and {tensor.dtype} in the module, which would lose the imaginary part.");
            }
        }

        return difference;
    }

    /// <summary>Finds tensors of a module that could be saved and never be loaded, or not be saved at all.</summary>
    /// <exception cref="InvalidOperationException">There is one; it is named.</exception>
    public static void CheckSavable(nn.Module module)
    {
        foreach (var (name, tensor) in module.state_dict())
        {
            if (Fault(tensor) is { } fault)
            {
                throw new InvalidOperationException($"{Subject(module, name)} {fault}");
            }
        }
    }

    /// <summary>Applies what <see cref="Check"/> has found to fit.</summary>
    public static void Apply(TrainingState state, nn.Module module, string path)
    {
        var weights = Weights(state, path);
        foreach (var (name, tensor) in module.state_dict())
        {
            if (weights.TryGetValue(name, out var value))
            {
                value.AsTensor().CopyTo(tensor);
            }
        }
    }

    public static InvalidOperationException Unfit(string path, string reason) => new($"The checkpoint '{path}' does not fit this training. {reason}");

    private static string Subject(nn.Module module, string name) =>
        $"The {(module.named_parameters().Any(entry => string.Equals(entry.name, name, StringComparison.Ordinal)) ? "parameter" : "buffer")} '{name}' of {module.GetType().Name}";

    /// <summary>Why a tensor cannot take part in a checkpoint, with the remedy; null where it can.</summary>
    private static string? Fault(Tensor tensor)
    {
        if (tensor.is_sparse)
        {
            return "is sparse, and a checkpoint cannot hold it. Register tensor.to_dense(), its indices and values, or a buffer with persistent: false.";
        }

        return TensorShape.Overlaps(tensor.shape, tensor.stride())
            ? $"of shape [{string.Join(", ", tensor.shape)}] has elements that share memory (strides [{string.Join(", ", tensor.stride())}], as expand() makes), so that a checkpoint could not be loaded into it. Register a copy, tensor.contiguous(), or a buffer with persistent: false."
            : null;
    }

    private static StateMap Weights(TrainingState state, string path) =>
        state.Root.TryGetValue(CheckpointKeys.StateDict, out var weights) && weights is StateMap map
            ? map
            : throw Unfit(path, $"It has no '{CheckpointKeys.StateDict}', so it is no checkpoint of a training.");

    private static string Names(List<string> names) =>
        names.Count == 0 ? "nothing" : string.Join(", ", names.Take(8)) + (names.Count > 8 ? $" and {names.Count - 8} more" : string.Empty);
}
