using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.utils.rnn;

namespace TorchSharp.Modules;

/// <summary>Long short-term memory over a sequence, in layers and one or both directions.</summary>
/// <remarks>The input is [steps, batch, features], or [batch, steps, features] with <c>batchFirst</c>; hidden states are [layers * directions, batch, hidden].</remarks>
public sealed class LSTM : nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor, Tensor)>
{
    private readonly RecurrentWeights _weights;

    internal LSTM(
        long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional, Device? device, ScalarType? dtype)
        : base(nameof(LSTM))
    {
        var own = new OwnedParameters(register_parameter, () => [.. _internal_params.values()]);
        _weights = new(own, 4, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
        _weights.Create(device, dtype);
    }

    /// <returns>The outputs of the last layer at every step, the last hidden state and the last cell state.</returns>
    public override (Tensor, Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0 = null)
    {
        var given = h0_c0.HasValue;
        var hidden = h0_c0?.Item1 ?? _weights.Zeros(input, _weights.BatchOf(input));
        var cell = h0_c0?.Item2 ?? _weights.Zeros(input, _weights.BatchOf(input));
        var results = Op.Call3(
            "lstm.input", input, new[] { hidden, cell }, _weights.List(), _weights.Bias, _weights.Layers, _weights.Dropout, training,
            _weights.Bidirectional, _weights.BatchFirst);
        if (!given)
        {
            hidden.Dispose();
            cell.Dispose();
        }

        return results;
    }

    public new (Tensor, Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => base.call(input, h0_c0);

    /// <summary>The same for sequences of different lengths; hidden states are in the order of the sequences as they were packed.</summary>
    public (PackedSequence, Tensor, Tensor) call(PackedSequence input, (Tensor, Tensor)? h0_c0 = null)
    {
        using var scope = NewDisposeScope();
        var hidden = input.Sorted(h0_c0?.Item1 ?? _weights.Zeros(input.data, input.BatchSize));
        var cell = input.Sorted(h0_c0?.Item2 ?? _weights.Zeros(input.data, input.BatchSize));
        var (data, lastHidden, lastCell) = Op.Call3(
            "lstm.data", input.data, input.batch_sizes, new[] { hidden, cell }, _weights.List(), _weights.Bias, _weights.Layers, _weights.Dropout,
            training, _weights.Bidirectional);
        return (
            input.With(data).MoveToOuterDisposeScope(), input.Unsorted(lastHidden).MoveToOuterDisposeScope(),
            input.Unsorted(lastCell).MoveToOuterDisposeScope());
    }

    /// <summary>Does nothing: the weights are given to libtorch one by one.</summary>
    public void flatten_parameters()
    {
    }
}
