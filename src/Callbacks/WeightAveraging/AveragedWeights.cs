using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// A second set of the parameters and buffers of a module, outside dispose scopes. It contains the averages or, while they are swapped into
/// the module, the training weights.
/// </summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly List<Entry> _entries = [];

    /// <summary>Copies the current weights of a module. A parameter with several names is copied once.</summary>
    public AveragedWeights(nn.Module module)
    {
        var known = new Dictionary<Tensor, Entry>(ReferenceEqualityComparer.Instance);
        using var _ = no_grad();
        foreach (var (name, live) in module.state_dict())
        {
            if (!known.TryGetValue(live, out var entry))
            {
                entry = known[live] = new Entry(live, live.detach().clone().DetachFromDisposeScope());
                _entries.Add(entry);
            }

            entry.Names.Add(name);
        }
    }

    /// <summary>Gets a value indicating whether the module contains the averages.</summary>
    public bool IsSwapped { get; private set; }

    /// <summary>Updates the averages; frozen and integer values are copied, so they remain equal bit for bit.</summary>
    public void Update(Action<Tensor, Tensor> average)
    {
        using var _ = no_grad();
        foreach (var entry in _entries)
        {
            if (entry.Live is Parameter { requires_grad: false } || !entry.Live.is_floating_point())
            {
                entry.Other.copy_(entry.Live);
            }
            else
            {
                average(entry.Other, entry.Live);
            }
        }
    }

    /// <summary>Swaps the two sets.</summary>
    public void Swap()
    {
        using var _ = no_grad();
        foreach (var entry in _entries)
        {
            using var kept = entry.Live.clone();
            entry.Live.copy_(entry.Other);
            entry.Other.copy_(kept);
        }

        IsSwapped = !IsSwapped;
    }

    /// <summary>Returns the training weights, by name.</summary>
    public StateMap Current()
    {
        var state = new StateMap();
        foreach (var entry in _entries)
        {
            state[entry.Names[0]] = IsSwapped ? Second(entry) : TensorData.FromTensor(entry.Live, StabilityOf(entry.Live));
        }

        return state;
    }

    /// <summary>Replaces the current weights of the module in a state with the averages.</summary>
    public void Average(StateMap weights)
    {
        if (IsSwapped)
        {
            return;
        }

        foreach (var entry in _entries)
        {
            var average = Second(entry);
            foreach (var name in entry.Names)
            {
                weights[name] = average;
            }
        }
    }

    /// <summary>Overwrites the training weights.</summary>
    public void LoadCurrent(IReadOnlyDictionary<string, Tensor> current)
    {
        using var _ = no_grad();
        foreach (var entry in _entries)
        {
            if (current.TryGetValue(entry.Names[0], out var saved))
            {
                entry.Live.copy_(saved);
            }
        }
    }

    public void Dispose()
    {
        foreach (var entry in _entries)
        {
            entry.Other.Dispose();
        }

        _entries.Clear();
    }

    // Code that changes the second set passes the fence first, like the optimizer.
    private static TensorData Second(Entry entry) => TensorData.FromTensor(entry.Other, TensorStability.UntilParametersChange);

    private static TensorStability StabilityOf(Tensor tensor) => tensor switch
    {
        Parameter { requires_grad: false } => TensorStability.Frozen,
        Parameter => TensorStability.UntilParametersChange,
        _ => TensorStability.Volatile,
    };

    private sealed record Entry(Tensor Live, Tensor Other)
    {
        public List<string> Names { get; } = [];
    }
}

/// <summary>A copy of the average in a checkpoint, kept until the module is available.</summary>
internal sealed class LoadedAverage : IDisposable
{
    private readonly Dictionary<string, Tensor> _current = new(StringComparer.Ordinal);

    public LoadedAverage(StateMap state)
    {
        if (state.TryGetValue("current", out var current))
        {
            foreach (var (name, value) in current.AsMap())
            {
                _current[name.ToString()] = value.AsTensor().ToTensor().DetachFromDisposeScope();
            }
        }
    }

    /// <summary>Gets the training weights; empty if averaging had not begun.</summary>
    public IReadOnlyDictionary<string, Tensor> Current => _current;

    /// <summary>
    /// Returns the state for a checkpoint that is saved before the module is available. Pass the fence before disposing this.
    /// </summary>
    public StateMap ToState()
    {
        var state = new StateMap();
        foreach (var (name, tensor) in _current)
        {
            state[name] = TensorData.FromTensor(tensor, TensorStability.UntilParametersChange);
        }

        return state;
    }

    public void Dispose()
    {
        foreach (var tensor in _current.Values)
        {
            tensor.Dispose();
        }
    }
}
