using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

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
