using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Loads the weights of a checkpoint into a module atomically.</summary>
internal static class ModuleWeights
{
    /// <summary>The number of tensors that a thread describes at a time.</summary>
    private const int Batch = 1024;

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
    /// <returns>The skipped weights, and the copies of the others, to be run later.</returns>
    public static (WeightsReport Report, TensorCopies Copies) Check(
        StateMap weights, nn.Module module, string path, bool strict, bool skipOtherShapes = false)
    {
        var pairs = PairsOf(weights, module);
        var missing = NamesOf(pairs, pair => pair.Value is null);
        List<string> otherShapes = skipOtherShapes
            ? NamesOf(pairs, pair => pair is { Saved: null, Value: { } value } && !HasShape(value, pair.Target))
            : [];
        var report = new WeightsReport(pairs.Length - missing.Count - otherShapes.Count, missing, Unexpected(), otherShapes);
        if (strict && missing.Count + report.Unexpected.Count > 0)
        {
            throw Unfit(
                path,
                $"It belongs to a different module. {Difference(report)}{Hint()} To load the matching "
                    + "weights, use a non-strict load (StrictLoading, or strict: false).");
        }

        if (report.Loaded == 0 && pairs.Length > 0)
        {
            throw Unfit(path, $"None of its weights belongs to the module. {Difference(report)}{Hint()}");
        }

        var copies = new TensorCopies(pairs.Length);
        foreach (var pair in pairs)
        {
            if (pair.Saved is { } saved)
            {
                copies.Add(saved, pair.Target, pair.Address, pair.ByteLength);
            }
            else if (pair.Value is not null)
            {
                ThrowIfUnfit(pair, module, path, skipOtherShapes);
                if (HasShape(pair.Value, pair.Target))
                {
                    copies.Add(pair.Value.AsTensor(), pair.Target);
                }
            }
        }

        return (report, copies);

        List<string> Unexpected() => pairs.Length - missing.Count == weights.Count
            ? []
            : [.. weights.Keys.Select(key => key.ToString()).Except(NamesOf(pairs, _ => true), StringComparer.Ordinal)];

        string Hint() => NamedWeights.Hint([.. weights.Keys.Select(key => key.ToString())], NamesOf(pairs, _ => true));
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

    /// <summary>Throws if code of others has replaced a tensor of a module since the copies to its tensors were prepared.</summary>
    /// <param name="weights">The weights by name.</param>
    /// <param name="copies">The copies.</param>
    /// <param name="module">The module.</param>
    /// <param name="path">The path of the checkpoint, for messages.</param>
    /// <exception cref="InvalidOperationException">There is such a tensor; the message names it.</exception>
    public static void ThrowIfReplaced(StateMap weights, TensorCopies copies, nn.Module module, string path)
    {
        var targets = new HashSet<Tensor>(copies.Targets, ReferenceEqualityComparer.Instance);
        foreach (var (name, tensor) in module.state_dict(new Dictionary<string, Tensor>(weights.Count, StringComparer.Ordinal)))
        {
            if (!targets.Contains(tensor) && weights.ContainsKey(name))
            {
                throw new InvalidOperationException(
                    $"{Subject(module, name)} was replaced while the checkpoint '{path}' was restored, e.g. in LoadStateDict of a "
                        + "callback: the new tensor would not get its weights. Replace it in OnLoadCheckpoint of the module, "
                        + "or in OnFitStart.");
            }
        }
    }

    public static InvalidOperationException Unfit(string path, string reason, Exception? cause = null) =>
        new($"The checkpoint '{path}' does not fit this training. {reason}", cause);

    /// <summary>Returns the tensors of a module in order, each with the value for it. Those that fit are described.</summary>
    private static Pair[] PairsOf(StateMap weights, nn.Module module)
    {
        var targets = module.state_dict(new Dictionary<string, Tensor>(weights.Count, StringComparer.Ordinal));
        var pairs = new Pair[targets.Count];
        using var saved = weights.GetEnumerator();
        var (count, isInOrder) = (0, true);
        foreach (var (name, target) in targets)
        {
            // A checkpoint usually has the names of the module in its order, which a comparison finds out sooner than a look-up.
            isInOrder = isInOrder && saved.MoveNext() && saved.Current.Key == name;
            var value = isInOrder ? saved.Current.Value : weights.TryGetValue(name, out var found) ? found : null;
            pairs[count++] = new Pair(name, target, value);
        }

        // Most of the time is waiting for memory, which several threads do together.
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, (pairs.Length + Batch - 1) / Batch, options, batch =>
        {
            foreach (ref var pair in pairs.AsSpan(batch * Batch, Math.Min(Batch, pairs.Length - (batch * Batch))))
            {
                pair.Describe();
            }
        });
        return pairs;
    }

    private static List<string> NamesOf(Pair[] pairs, Predicate<Pair> predicate) =>
        [.. pairs.Where(pair => predicate(pair)).Select(pair => pair.Name)];

    /// <summary>Compares a tensor in detail.</summary>
    private static void ThrowIfUnfit(in Pair pair, nn.Module module, string path, bool skipOtherShapes)
    {
        if (Fault(pair.Target) is { } fault)
        {
            throw Unfit(path, $"{Subject(module, pair.Name)} {fault}");
        }

        if (!skipOtherShapes && !HasShape(pair.Value!, pair.Target))
        {
            throw Unfit(
                path,
                $"'{pair.Name}' is a {pair.Value} in it and has the shape [{string.Join(", ", pair.Target.shape)}] in the module. "
                    + "Use the sizes of the checkpoint.");
        }

        if (pair.Value is TensorData { Type: ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 } && !pair.Target.is_complex())
        {
            throw Unfit(
                path, $"'{pair.Name}' is complex in it and {pair.Target.dtype} in the module, which would lose the imaginary part.");
        }
    }

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

    /// <summary>A tensor of a module, and the value of a checkpoint for it.</summary>
    private record struct Pair(string Name, Tensor Target, StateValue? Value)
    {
        /// <summary>Gets the value if it was found to fit; otherwise, the tensor has to be compared in detail.</summary>
        public TensorData? Saved { get; private set; }

        /// <summary>Gets the address of the tensor if its elements can be overwritten by those of the value; otherwise, zero.</summary>
        public nint Address { get; private set; }

        /// <summary>Gets the size of the elements of the value that fits, in bytes.</summary>
        public long ByteLength { get; private set; }

        public void Describe()
        {
            if (Value is not TensorData { Type: not (ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64) } saved
                || Target.IsInvalid || !NativeLayout.TryRead(Target, out var layout))
            {
                return;
            }

            if (layout.IsContiguous && layout.Shape.SequenceEqual(saved.Shape))
            {
                (Saved, ByteLength) = (saved, saved.ByteLength);
                if (layout.Type == saved.Type && layout.Device == DeviceType.CPU && saved.IsContiguous && saved.ElementCount > 0)
                {
                    Address = NativeLayout.AddressOf(Target);
                }
            }

            GC.KeepAlive(Target);
        }
    }
}
