using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Loads the weights of a checkpoint into a module atomically.</summary>
internal static class ModuleWeights
{
    /// <summary>
    /// Returns whether weights must match exactly: the argument if given, else the setting of the module, else true.
    /// </summary>
    /// <exception cref="ArgumentException">The argument and the setting of the module differ.</exception>
    public static bool IsStrict(TrainingModule module, bool? strict) =>
        strict is { } asked && module.StrictLoading is { } own && asked != own
            ? throw new ArgumentException(
                $"{module.GetType().Name} has StrictLoading = {own}, but the call has strict = {asked}. Remove one of them.",
                nameof(strict))
            : strict ?? module.StrictLoading ?? true;

    /// <summary>Validates the weights before anything is changed.</summary>
    /// <param name="weights">The weights by name.</param>
    /// <param name="module">The module.</param>
    /// <param name="path">The path of the checkpoint, for messages.</param>
    /// <param name="strict">Whether missing and unexpected weights are errors.</param>
    /// <param name="skipOtherShapes">Whether to skip tensors of other shapes instead of reporting an error.</param>
    /// <returns>The skipped weights.</returns>
    public static WeightsReport Check(StateMap weights, nn.Module module, string path, bool strict, bool skipOtherShapes = false) =>
        Check(weights, module, module.state_dict(), path, strict, skipOtherShapes);

    /// <summary>Validates the weights before anything is changed.</summary>
    /// <param name="weights">The weights by name.</param>
    /// <param name="module">The module.</param>
    /// <param name="targets">Its tensors by name.</param>
    /// <param name="path">The path of the checkpoint, for messages.</param>
    /// <param name="strict">Whether missing and unexpected weights are errors.</param>
    /// <param name="skipOtherShapes">Whether to skip tensors of other shapes instead of reporting an error.</param>
    /// <returns>The skipped weights.</returns>
    public static WeightsReport Check(
        StateMap weights, nn.Module module, Dictionary<string, Tensor> targets, string path, bool strict, bool skipOtherShapes = false)
    {
        var names = weights.Keys.Select(key => key.ToString()).ToList();
        var missing = targets.Keys.Where(name => !weights.ContainsKey(name)).ToList();
        var otherShapes = skipOtherShapes
            ? names.FindAll(name => targets.TryGetValue(name, out var target) && !HasShape(weights[name], target))
            : [];
        var unexpected = names.FindAll(name => !targets.ContainsKey(name));
        var report = new WeightsReport(targets.Count - missing.Count - otherShapes.Count, missing, unexpected, otherShapes);
        if (strict && missing.Count + unexpected.Count > 0)
        {
            throw Unfit(
                path,
                $"It belongs to a different module. {Difference(report)}{NamedWeights.Hint(names, targets.Keys)} To load the matching "
                    + "weights, use a non-strict load (StrictLoading, or strict: false).");
        }

        if (report.Loaded == 0 && targets.Count > 0)
        {
            throw Unfit(path, $"None of its weights belongs to the module. {Difference(report)}{NamedWeights.Hint(names, targets.Keys)}");
        }

        foreach (var (name, tensor) in targets)
        {
            var isSaved = weights.TryGetValue(name, out var value);
            if (isSaved && Fault(tensor) is { } fault)
            {
                throw Unfit(path, $"{Subject(module, name)} {fault}");
            }

            if (!skipOtherShapes && isSaved && !HasShape(value!, tensor))
            {
                throw Unfit(
                    path,
                    $"'{name}' is a {value} in it and has the shape [{string.Join(", ", tensor.shape)}] in the module. "
                        + "Use the sizes of the checkpoint.");
            }

            if (value is TensorData { Type: ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 } && !tensor.is_complex())
            {
                throw Unfit(path, $"'{name}' is complex in it and {tensor.dtype} in the module, which would lose the imaginary part.");
            }
        }

        return report;
    }

    /// <summary>Returns the report as text; empty if everything matches.</summary>
    public static string Difference(WeightsReport report) => report.Missing.Count + report.Unexpected.Count + report.OtherShapes.Count == 0
        ? string.Empty
        : $"Missing in the checkpoint: {Names(report.Missing)}. Unknown to the module: {Names(report.Unexpected)}."
            + (report.OtherShapes.Count == 0 ? string.Empty : $" Skipped because of their shape: {Names(report.OtherShapes)}.");

    /// <summary>Throws if a tensor of a module cannot be saved, or cannot be loaded after it was saved.</summary>
    /// <exception cref="InvalidOperationException">There is such a tensor; the message names it.</exception>
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

    /// <summary>Applies validated weights.</summary>
    /// <param name="weights">The weights by name.</param>
    /// <param name="module">The module.</param>
    /// <param name="copies">Collects the copies to be run later.</param>
    public static void Apply(StateMap weights, nn.Module module, TensorCopies copies) => Apply(weights, module.state_dict(), copies);

    /// <summary>Applies validated weights.</summary>
    /// <param name="weights">The weights by name.</param>
    /// <param name="targets">The tensors of the module by name.</param>
    /// <param name="copies">Collects the copies to be run later.</param>
    public static void Apply(StateMap weights, Dictionary<string, Tensor> targets, TensorCopies copies)
    {
        foreach (var (name, tensor) in targets)
        {
            if (weights.TryGetValue(name, out var value) && HasShape(value, tensor))
            {
                copies.Add(value.AsTensor(), tensor);
            }
        }
    }

    /// <summary>Applies the weights immediately.</summary>
    public static void Apply(StateMap weights, nn.Module module)
    {
        var copies = new TensorCopies();
        Apply(weights, module, copies);
        copies.Run();
    }

    public static InvalidOperationException Unfit(string path, string reason) =>
        new($"The checkpoint '{path}' does not fit this training. {reason}");

    private static string Subject(nn.Module module, string name)
    {
        var isParameter = module.named_parameters().Any(entry => string.Equals(entry.name, name, StringComparison.Ordinal));
        return $"The {(isParameter ? "parameter" : "buffer")} '{name}' of {module.GetType().Name}";
    }

    /// <summary>Returns why a tensor cannot be part of a checkpoint, and the remedy; null if it can.</summary>
    private static string? Fault(Tensor tensor)
    {
        if (NativeLayout.TryRead(tensor, out var layout) && layout.IsContiguous)
        {
            GC.KeepAlive(tensor);
            return null;
        }

        if (tensor.is_sparse)
        {
            return "is sparse, and a checkpoint cannot hold it. Register tensor.to_dense(), its indices and values, "
                + "or a buffer with persistent: false.";
        }

        if (tensor.is_contiguous())
        {
            return null;
        }

        var shape = TensorShape.Of(tensor);
        var strides = TensorShape.StridesOf(tensor, shape.Length);
        return TensorShape.Overlaps(shape, strides)
            ? $"of shape [{string.Join(", ", shape)}] has elements that share memory (strides [{string.Join(", ", strides)}], as expand() "
            + "makes), so that a checkpoint could not be loaded into it. Register a copy, tensor.contiguous(), "
            + "or a buffer with persistent: false."
            : null;
    }

    /// <summary>Returns the weights of a training state.</summary>
    /// <exception cref="InvalidOperationException">The state has no weights.</exception>
    public static StateMap Of(TrainingState state, string path) =>
        state.Root.TryGetValue(CheckpointKeys.StateDict, out var weights) && weights is StateMap map
            ? map
            : throw Unfit(path, $"It has no '{CheckpointKeys.StateDict}', so it is not a training checkpoint.");

    private static bool HasShape(StateValue value, Tensor target) => value is TensorData saved && TensorShape.IsOf(target, saved.Shape);

    private static string Names(IReadOnlyList<string> names) =>
        names.Count == 0 ? "nothing" : string.Join(", ", names.Take(8)) + (names.Count > 8 ? $" and {names.Count - 8} more" : string.Empty);
}
