using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>What a checkpoint keeps of an average, copied out of it until there is a module to give it to.</summary>
internal sealed class LoadedAverage : IDisposable
{
    private readonly Dictionary<string, Tensor> _current = new(StringComparer.Ordinal);

    public LoadedAverage(StateMap state)
    {
        State = state;
        if (state.TryGetValue("current", out var current))
        {
            foreach (var (name, value) in current.AsMap())
            {
                _current[name.ToString()] = value.AsTensor().ToTensor().DetachFromDisposeScope();
            }
        }
    }

    /// <summary>The state as it was loaded; given back where a checkpoint is saved before the module met it.</summary>
    public StateMap State { get; }

    /// <summary>What the module trained with; empty where averaging had not begun.</summary>
    public IReadOnlyDictionary<string, Tensor> Current => _current;

    public void Dispose()
    {
        foreach (var tensor in _current.Values)
        {
            tensor.Dispose();
        }
    }
}
