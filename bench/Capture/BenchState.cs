using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Capture;

/// <summary>Live tensors of a certain shape of state, and states made of them as a trainer makes them.</summary>
internal sealed class BenchState : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    public BenchState(string shape, long megabytes)
    {
        var bytes = megabytes << 20;
        switch (shape)
        {
            case "few":
                Add(16, bytes / 16);
                break;
            case "transformer":
                // Twelve layers of many small and a few large tensors, and one embedding.
                Add(1, bytes / 4);
                Add(144, 4096);
                Add(48, ((bytes * 3 / 4) - (144 * 4096)) / 48);
                break;
            case "many":
                Add((int)(bytes / (16 << 10)), 16 << 10);
                break;
            case "tied":
                Add(8, bytes / 8);
                _tensors.AddRange([.. _tensors.Select(tensor => tensor.alias())]);
                break;
            default:
                throw new ArgumentException($"The shape is '{shape}'. Allowed are few, transformer, many and tied.", nameof(shape));
        }
    }

    public int TensorCount => _tensors.Count;

    public IReadOnlyList<Tensor> Tensors => _tensors;

    public TrainingState ToState(int step)
    {
        var tensors = new StateMap();
        for (var index = 0; index < _tensors.Count; index++)
        {
            tensors.Add($"layer.{index}.weight", TensorData.FromTensor(_tensors[index], TensorStability.UntilParametersChange));
        }

        return new TrainingState { ["global_step"] = step, ["state_dict"] = tensors };
    }

    public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());

    private void Add(int count, long byteLength)
    {
        for (var index = 0; index < count; index++)
        {
            // Random values: constants would compress to nothing for the peer that compresses.
            _tensors.Add(rand(byteLength / sizeof(float)));
        }
    }
}
