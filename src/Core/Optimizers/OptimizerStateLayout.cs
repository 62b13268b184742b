using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Optimizers;

/// <summary>What each optimizer of TorchSharp keeps of one parameter, under PyTorch's names.</summary>
internal static class OptimizerStateLayout
{
    public static StateMap Capture(OptimizerState state)
    {
        var entry = new StateMap();
        switch (state)
        {
            case Adam.State adam:
                entry["step"] = Step(adam.step);
                Add(entry, "exp_avg", adam.exp_avg);
                Add(entry, "exp_avg_sq", adam.exp_avg_sq);
                Add(entry, "max_exp_avg_sq", adam.max_exp_avg_sq);
                break;
            case AdamW.State adam:
                entry["step"] = Step(adam.step);
                Add(entry, "exp_avg", adam.exp_avg);
                Add(entry, "exp_avg_sq", adam.exp_avg_sq);
                Add(entry, "max_exp_avg_sq", adam.max_exp_avg_sq);
                break;
            case SGD.State sgd:
                Add(entry, "momentum_buffer", sgd.momentum_buffer);
                break;
            default:
                throw Unknown(state);
        }

        return entry;
    }

    /// <summary>Whether all that is kept of a parameter has its shape, as it has in every optimizer known here.</summary>
    public static void Check(StateMap entry, ReadOnlySpan<long> shape, string path)
    {
        foreach (var (name, value) in entry)
        {
            if (name != "step" && value is TensorData saved && !shape.SequenceEqual(saved.Shape))
            {
                throw new InvalidOperationException(
                    $"{path}.{name} has the shape [{string.Join(", ", saved.Shape.ToArray())}] in it and its parameter [{string.Join(", ", shape.ToArray())}]. Train the same parameters in the same order, or load the weights only.");
            }
        }

        if (entry.ContainsKey("step"))
        {
            Step(entry);
        }
    }

    public static void Apply(StateMap entry, OptimizerState state)
    {
        switch (state)
        {
            case Adam.State adam:
                adam.step = Step(entry);
                Set(entry, "exp_avg", ref adam.exp_avg);
                Set(entry, "exp_avg_sq", ref adam.exp_avg_sq);
                Set(entry, "max_exp_avg_sq", ref adam.max_exp_avg_sq);
                break;
            case AdamW.State adam:
                adam.step = Step(entry);
                Set(entry, "exp_avg", ref adam.exp_avg);
                Set(entry, "exp_avg_sq", ref adam.exp_avg_sq);
                Set(entry, "max_exp_avg_sq", ref adam.max_exp_avg_sq);
                break;
            case SGD.State sgd:
                Set(entry, "momentum_buffer", ref sgd.momentum_buffer);
                break;
            default:
                throw Unknown(state);
        }
    }

    // PyTorch keeps the step as a float32 tensor of no dimensions since 1.12, and takes a plain number too, which loses nothing.
    private static StateValue Step(long step) => step < 1L << 24 ? TensorData.FromValues<float>([(float)step], ScalarType.Float32) : step;

    private static long Step(StateMap entry)
    {
        if (entry["step"] is not TensorData tensor)
        {
            return entry["step"].AsInteger();
        }

        Span<byte> bytes = stackalloc byte[tensor.Type.ElementByteSize()];
        tensor.CopyTo(bytes);
        return tensor.Type switch
        {
            ScalarType.Float32 => (long)MemoryMarshal.Read<float>(bytes),
            ScalarType.Float64 => (long)MemoryMarshal.Read<double>(bytes),
            ScalarType.Int64 => MemoryMarshal.Read<long>(bytes),
            _ => throw new InvalidOperationException($"The step of the optimizer in the checkpoint is a {tensor}; expected a number."),
        };
    }

    private static void Add(StateMap entry, string name, Tensor? tensor)
    {
        if (tensor is not null)
        {
            entry[name] = TensorData.FromTensor(tensor, TensorStability.UntilParametersChange);
        }
    }

    private static void Set(StateMap entry, string name, [NotNullIfNotNull(nameof(live))] ref Tensor? live)
    {
        if (!entry.TryGetValue(name, out var value) || value is not TensorData saved)
        {
            return;
        }

        if (live is null)
        {
            // What an optimizer keeps outlives every step, so it belongs to no dispose scope.
            live = saved.ToTensor().DetachFromDisposeScope();
            return;
        }

        saved.CopyTo(live);
    }

    private static NotSupportedException Unknown(OptimizerState state) =>
        new($"The state of {state.GetType().DeclaringType?.Name ?? state.GetType().Name} is not known to checkpoints. Use Adam, AdamW or SGD, or save the weights only (SaveWeightsOnly).");
}
