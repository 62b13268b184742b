using System.Runtime.InteropServices;
using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The layout of an optimizer, as a list of its fields.</summary>
/// <typeparam name="TState">The type of the state of a parameter.</typeparam>
/// <typeparam name="TOptions">The type of the settings of a group.</typeparam>
internal sealed class OptimizerLayout<TState, TOptions> : OptimizerLayout
    where TState : OptimizerState
    where TOptions : OptimizerOptions
{
    private readonly List<(string Name, Func<TState, long> Get, Action<TState, long> Set)> _steps = [];
    private readonly List<(string Name, Func<TState, double> Get, Action<TState, double> Set)> _numbers = [];
    private readonly List<(string Name, Func<TState, Tensor?> Get, Action<TState, Tensor?> Set, Func<TOptions, bool> Negated)> _tensors =
        [];
    private readonly List<(string Name, Func<TOptions, StateValue> Get, Action<TOptions, StateValue> Set)> _settings = [];
    private readonly List<(string Name, StateValue Value)> _constants = [("foreach", StateValue.Null)];

    /// <summary>Adds a step counter.</summary>
    public OptimizerLayout<TState, TOptions> Step(Func<TState, long> get, Action<TState, long> set)
    {
        _steps.Add(("step", get, set));
        return this;
    }

    /// <summary>Adds a number per parameter, which PyTorch stores as a zero-dimensional tensor.</summary>
    public OptimizerLayout<TState, TOptions> Number(string name, Func<TState, double> get, Action<TState, double> set)
    {
        _numbers.Add((name, get, set));
        return this;
    }

    /// <summary>Adds a tensor with the shape of the parameter; null while the optimizer does not need it.</summary>
    /// <param name="name">The name in PyTorch.</param>
    /// <param name="get">Returns the tensor.</param>
    /// <param name="set">Replaces the tensor.</param>
    /// <param name="negated">Returns whether PyTorch stores the tensor with the opposite sign; null for never.</param>
    public OptimizerLayout<TState, TOptions> Tensor(
        string name, Func<TState, Tensor?> get, Action<TState, Tensor?> set, Func<TOptions, bool>? negated = null)
    {
        _tensors.Add((name, get, set, negated ?? (static _ => false)));
        return this;
    }

    public OptimizerLayout<TState, TOptions> Setting(string name, Func<TOptions, double?> get, Action<TOptions, double> set)
    {
        _settings.Add(
            (name, options => get(options) is { } number ? number : StateValue.Null, (options, value) => set(options, value.AsReal())));
        return this;
    }

    public OptimizerLayout<TState, TOptions> Switch(string name, Func<TOptions, bool?> get, Action<TOptions, bool> set)
    {
        _settings.Add((name, options => get(options) ?? false, (options, value) => set(options, value.AsBoolean())));
        return this;
    }

    /// <summary>Adds two settings that PyTorch stores as a pair.</summary>
    public OptimizerLayout<TState, TOptions> Pair(
        string name, Func<TOptions, (double? First, double? Second)> get, Action<TOptions, double, double> set)
    {
        _settings.Add((
            name,
            options => get(options) is ({ } first, { } second) ? new StateList([first, second], isTuple: true) : StateValue.Null,
            (options, value) => set(options, value.AsList()[0].AsReal(), value.AsList()[1].AsReal())));
        return this;
    }

    /// <summary>Adds a setting that TorchSharp lacks and that PyTorch's optimizer requires.</summary>
    public OptimizerLayout<TState, TOptions> Constant(string name, StateValue value)
    {
        _constants.Add((name, value));
        return this;
    }

    public override bool IsOf(OptimizerOptions options) => options is TOptions;

    public override IEnumerable<Tensor> Tensors(OptimizerState state) =>
        _tensors.Select(field => field.Get((TState)state)).OfType<Tensor>();

    public override StateMap Capture(OptimizerState state, OptimizerOptions options, TensorStability stability)
    {
        var own = (TState)state;
        var entry = new StateMap();
        foreach (var (name, get, _) in _steps)
        {
            entry[name] = OptimizerScalars.Step(get(own));
        }

        foreach (var (name, get, _) in _numbers)
        {
            entry[name] = OptimizerScalars.Number(get(own));
        }

        foreach (var (name, get, _, negated) in _tensors)
        {
            if (get(own) is { } tensor)
            {
                entry[name] = negated((TOptions)options) ? NegatedTensor.Capture(tensor) : TensorData.FromTensor(tensor, stability);
            }
        }

        return entry;
    }

    public override void Check(StateMap entry, ReadOnlySpan<long> shape, string path)
    {
        foreach (var (name, _, _, _) in _tensors)
        {
            if (entry.TryGetValue(name, out var value) && value is TensorData saved)
            {
                CheckShape(saved, shape, $"{path}.{name}");
            }
        }

        foreach (var name in _steps.Select(field => field.Name).Concat(_numbers.Select(field => field.Name)))
        {
            if (entry.TryGetValue(name, out var value))
            {
                OptimizerScalars.Read(value, $"{path}.{name}");
            }
        }
    }

    public override bool HasMore(OptimizerState state, StateMap entry) =>
        _tensors.Exists(
            field => field.Get((TState)state) is not null && !(entry.TryGetValue(field.Name, out var value) && value is TensorData));

    public override void Apply(StateMap entry, OptimizerState state, OptimizerOptions options, Device device, TensorCopies copies)
    {
        var own = (TState)state;
        foreach (var (name, _, set) in _steps)
        {
            if (entry.TryGetValue(name, out var value))
            {
                set(own, (long)OptimizerScalars.Read(value, name));
            }
        }

        foreach (var (name, _, set) in _numbers)
        {
            if (entry.TryGetValue(name, out var value))
            {
                set(own, OptimizerScalars.Read(value, name));
            }
        }

        foreach (var (name, get, set, negated) in _tensors)
        {
            if (entry.TryGetValue(name, out var value) && value is TensorData saved)
            {
                Write(saved, own, get, set, device, copies);
                if (negated((TOptions)options))
                {
                    copies.Then(() => get(own)!.neg_());
                }
            }
        }
    }

    public override StateMap Capture(OptimizerOptions options)
    {
        var own = (TOptions)options;
        var group = new StateMap
        {
            ["lr"] = own.LearningRate is { } rate ? rate : StateValue.Null,
            ["initial_lr"] = own.InitialLearningRate,
        };
        foreach (var (name, get, _) in _settings)
        {
            group[name] = get(own);
        }

        foreach (var (name, value) in _constants)
        {
            group[name] = value;
        }

        return group;
    }

    public override void Apply(StateMap group, OptimizerOptions options)
    {
        var own = (TOptions)options;
        if (Find(group, "lr") is { } rate)
        {
            own.LearningRate = rate.AsReal();
        }

        if (Find(group, "initial_lr") is { } initial)
        {
            own.InitialLearningRate = initial.AsReal();
        }

        foreach (var (name, _, set) in _settings)
        {
            if (Find(group, name) is { } value)
            {
                set(own, value);
            }
        }
    }

    private static StateValue? Find(StateMap group, string name) =>
        group.TryGetValue(name, out var value) && value is not StateNull ? value : null;

    private static void Write(
        TensorData saved, TState state, Func<TState, Tensor?> get, Action<TState, Tensor?> set, Device device, TensorCopies copies)
    {
        if (get(state) is { } live)
        {
            copies.Add(saved, live);
            return;
        }

        // Optimizer state outlives every step, so it must not belong to a dispose scope.
        var made = empty(saved.Shape.ToArray(), dtype: saved.Type, device: device).DetachFromDisposeScope();
        set(state, made);
        copies.Add(saved, made);
    }
}

/// <summary>The state of an optimizer under PyTorch's names: per parameter, and the settings of each group.</summary>
internal abstract class OptimizerLayout
{
    public abstract bool IsOf(OptimizerOptions options);

    /// <summary>Returns the live state tensors of a parameter.</summary>
    public abstract IEnumerable<Tensor> Tensors(OptimizerState state);

    /// <summary>Returns the state of a parameter. The tensors are live.</summary>
    public abstract StateMap Capture(OptimizerState state, OptimizerOptions options, TensorStability stability);

    /// <summary>Validates a saved state before anything is changed.</summary>
    public abstract void Check(StateMap entry, ReadOnlySpan<long> shape, string path);

    /// <summary>Throws if a saved tensor does not have the shape of its parameter.</summary>
    public static void CheckShape(TensorData saved, ReadOnlySpan<long> shape, string path)
    {
        if (!shape.SequenceEqual(saved.Shape))
        {
            throw new InvalidOperationException(
                $"{path} has the shape [{string.Join(", ", saved.Shape.ToArray())}] in it, "
                    + $"but its parameter has [{string.Join(", ", shape.ToArray())}]. Train the same parameters in the same order, "
                    + "or load the weights only.");
        }
    }

    /// <summary>Returns whether the live state has a tensor that the saved one does not.</summary>
    public abstract bool HasMore(OptimizerState state, StateMap entry);

    /// <summary>Writes to the live state in place, so that its tensors keep their identity.</summary>
    public abstract void Apply(StateMap entry, OptimizerState state, OptimizerOptions options, Device device, TensorCopies copies);

    public abstract StateMap Capture(OptimizerOptions options);

    /// <summary>Applies the settings that a saved group contains. Others remain unchanged.</summary>
    public abstract void Apply(StateMap group, OptimizerOptions options);
}

/// <summary>Numbers that PyTorch optimizers store as zero-dimensional tensors.</summary>
internal static class OptimizerScalars
{
    // A float32 tensor since PyTorch 1.12; beyond its exact integer range, a plain number, which PyTorch also reads.
    public static StateValue Step(long step) => step < 1L << 24 ? TensorData.FromValues<float>([(float)step], ScalarType.Float32) : step;

    // PyTorch uses float32; float64 loses no precision, and PyTorch reads it too.
    public static StateValue Number(double value) => TensorData.FromValues<double>([value], ScalarType.Float64);

    /// <exception cref="InvalidOperationException">The value is not a number.</exception>
    public static double Read(StateValue value, string path)
    {
        switch (value)
        {
            case StateInteger integer:
                return integer.Value;
            case StateReal real:
                return real.Value;
            case TensorData { ElementCount: 1, Type: ScalarType.Float32 or ScalarType.Float64 or ScalarType.Int64 } tensor:
                Span<byte> bytes = stackalloc byte[tensor.Type.ElementByteSize()];
                tensor.CopyTo(bytes);
                return tensor.Type switch
                {
                    ScalarType.Float32 => MemoryMarshal.Read<float>(bytes),
                    ScalarType.Float64 => MemoryMarshal.Read<double>(bytes),
                    _ => MemoryMarshal.Read<long>(bytes),
                };
            default:
                throw new InvalidOperationException($"{path} is {value} in it; expected a number.");
        }
    }
}
