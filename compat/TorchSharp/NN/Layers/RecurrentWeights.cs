using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What LSTM, GRU and RNN share: their weights by name, and the arguments of libtorch's operators.</summary>
/// <param name="owner">Where the weights are registered.</param>
/// <param name="gates">How many matrices lie on top of each other in one weight.</param>
internal sealed class RecurrentWeights(
    OwnedParameters owner, int gates, long inputSize, long hiddenSize, long layers, bool bias, bool batchFirst, double dropout, bool bidirectional)
{
    internal long Layers => layers;

    internal bool Bias => bias;

    internal bool BatchFirst => batchFirst;

    internal double Dropout => dropout;

    internal bool Bidirectional => bidirectional;

    private int Directions => bidirectional ? 2 : 1;

    /// <summary>Makes the weights in Python's order, each uniform with the bound 1 / sqrt(hidden size).</summary>
    internal void Create(Device? device, ScalarType? dtype)
    {
        var bound = hiddenSize > 0 ? 1 / Math.Sqrt(hiddenSize) : 0;
        for (var layer = 0; layer < layers; layer++)
        {
            var width = layer == 0 ? inputSize : hiddenSize * Directions;
            for (var direction = 0; direction < Directions; direction++)
            {
                var end = $"_l{layer}" + (direction == 1 ? "_reverse" : "");
                owner.Add("weight_ih" + end, Fresh.Uniform([gates * hiddenSize, width], bound, device, dtype));
                owner.Add("weight_hh" + end, Fresh.Uniform([gates * hiddenSize, hiddenSize], bound, device, dtype));
                if (bias)
                {
                    owner.Add("bias_ih" + end, Fresh.Uniform([gates * hiddenSize], bound, device, dtype));
                    owner.Add("bias_hh" + end, Fresh.Uniform([gates * hiddenSize], bound, device, dtype));
                }
            }
        }
    }

    internal Tensor[] List() => owner.List();

    /// <summary>A hidden state of zeros for a batch.</summary>
    internal Tensor Zeros(Tensor like, long batch) =>
        zeros(layers * Directions, batch, hiddenSize, dtype: like.dtype, device: like.device);

    internal long BatchOf(Tensor input) => input.shape[batchFirst ? 0 : 1];
}

/// <summary>The registered parameters of a module, in order.</summary>
internal readonly record struct OwnedParameters(Action<string, Parameter> Add, Func<Tensor[]> List);
