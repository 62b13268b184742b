using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Steps parameters by the fused operators of libtorch, on devices whose memory the kernel does not reach.</summary>
internal sealed class OperatorStep(FusedRule rule)
{
    private readonly Dictionary<(int Numbers, ScalarType Type, DeviceType Device, int Index), FusedTensors> _batches = [];

    /// <summary>Steps all parameters that have a gradient.</summary>
    /// <returns>false if the operators do not take one of them; then nothing was changed.</returns>
    public bool TryStep(IReadOnlyList<FusedEntry> entries)
    {
        if (!TorchOperators.AreAvailable)
        {
            return false;
        }

        using var scope = NewDisposeScope();
        var gradients = new Tensor?[entries.Count];
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            gradients[index] = entry.Parameter.grad;
            if (gradients[index] is { } gradient && !Takes(entry, gradient))
            {
                return false;
            }
        }

        rule.Clear();
        _batches.Clear();
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            if (gradients[index] is not { } gradient || entry.Count == 0)
            {
                continue;
            }

            var numbers = rule.Begin(entry.State, entry.Options, entry.Refresh(), isSparse: false);
            var device = entry.Parameter.device;
            if (!_batches.TryGetValue((numbers, entry.Type, device.type, device.index), out var batch))
            {
                _batches.Add((numbers, entry.Type, device.type, device.index), batch = new FusedTensors(device));
            }

            batch.Add(entry, gradient);
        }

        foreach (var ((numbers, _, _, _), batch) in _batches)
        {
            rule.Operate(batch, numbers);
        }

        _batches.Clear();
        return true;
    }

    /// <summary>The operators want the same type, layout and device in all tensors of a parameter.</summary>
    private static bool Takes(FusedEntry entry, Tensor gradient)
    {
        if (gradient.is_sparse || entry.Parameter.dtype is not (ScalarType.Float32 or ScalarType.Float64)
            || gradient.dtype != entry.Parameter.dtype)
        {
            return false;
        }

        // What is missing is made like the parameter, in the step.
        entry.Refresh(makes: false);
        var device = entry.Parameter.device_type;
        foreach (var tensor in entry.Tensors)
        {
            if (tensor is not null && tensor.device_type != device)
            {
                return false;
            }
        }

        return entry.IsContiguous && TorchNative.IsContiguous(gradient.Handle);
    }
}

/// <summary>The tensors of parameters that one call of an operator steps.</summary>
internal sealed class FusedTensors(Device device)
{
    private readonly List<Tensor>[] _kept = [[], [], []];

    public List<Tensor> Parameters { get; } = [];

    public List<Tensor> Gradients { get; } = [];

    /// <summary>The tensors that are kept of each parameter, by number; empty where none is kept.</summary>
    public IReadOnlyList<IReadOnlyList<Tensor>> Kept => _kept;

    public void Add(FusedEntry entry, Tensor gradient)
    {
        Parameters.Add(entry.Parameter);
        Gradients.Add(gradient);
        for (var index = 0; index < _kept.Length; index++)
        {
            if (entry.Tensors[index] is { } tensor)
            {
                _kept[index].Add(tensor);
            }
        }
    }

    /// <summary>The number of the step for each parameter, as the operators take it.</summary>
    public IReadOnlyList<Tensor> Steps(long step)
    {
        var one = full([], step, dtype: ScalarType.Float32, device: device);
        return [.. Enumerable.Repeat(one, Parameters.Count)];
    }
}
