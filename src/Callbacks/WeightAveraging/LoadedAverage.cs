using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>What a checkpoint keeps of an average, copied out of it until there is a module to give it to.</summary>
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

    /// <summary>What the module trained with; empty where averaging had not begun.</summary>
    public IReadOnlyDictionary<string, Tensor> Current => _current;

    /// <summary>The same for a checkpoint that is saved before the module met it. Whoever disposes this has passed the fence.</summary>
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
