using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// A second set of the parameters and buffers of a module, outside of dispose scopes. Normally it holds the averages; while they are
/// swapped into the module it holds what the module trains with.
/// </summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly List<Entry> _entries = [];

    /// <summary>Takes a copy of a module as it is. A parameter that has several names is there once.</summary>
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

    /// <summary>Whether the module holds the averages.</summary>
    public bool IsSwapped { get; private set; }

    /// <summary>Brings the averages up to date; what is not trained, or is no real number, is copied, so that it stays as it is to the bit.</summary>
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

    /// <summary>Exchanges the two sets.</summary>
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

    /// <summary>What the module trains with, by name.</summary>
    public StateMap Current()
    {
        var state = new StateMap();
        foreach (var entry in _entries)
        {
            state[entry.Names[0]] = IsSwapped ? Second(entry) : TensorData.FromTensor(entry.Live, StabilityOf(entry.Live));
        }

        return state;
    }

    /// <summary>Puts the averages into the weights of a state that are those of the module as it is.</summary>
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

    /// <summary>Overwrites what the module trains with.</summary>
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

    // Whoever changes the second set has passed the fence, as the optimizer does before it changes parameters.
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
