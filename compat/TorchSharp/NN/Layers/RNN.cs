using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.utils.rnn;

namespace TorchSharp.Modules;

/// <summary>A plain recurrent network over a sequence, in layers and one or both directions.</summary>
/// <remarks>The input is [steps, batch, features], or [batch, steps, features] with <c>batchFirst</c>; the hidden state is [layers * directions, batch, hidden].</remarks>
public sealed class RNN : nn.Module<Tensor, Tensor, (Tensor, Tensor)>
{
    private readonly RecurrentWeights _weights;
    private readonly string _input;
    private readonly string _data;

    internal RNN(
        long inputSize, long hiddenSize, long numLayers, nn.NonLinearities nonLinearity, bool bias, bool batchFirst, double dropout, bool bidirectional, Device? device,
        ScalarType? dtype)
        : base(nameof(RNN))
    {
        (_input, _data) = nonLinearity == nn.NonLinearities.Tanh ? ("rnn_tanh.input", "rnn_tanh.data") : ("rnn_relu.input", "rnn_relu.data");
        var own = new OwnedParameters(register_parameter, () => [.. _internal_params.values()]);
        _weights = new(own, 1, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
        _weights.Create(device, dtype);
    }

    /// <returns>The outputs of the last layer at every step, and the last hidden state.</returns>
    public override (Tensor, Tensor) forward(Tensor input, Tensor? h0)
    {
        var hidden = h0 ?? _weights.Zeros(input, _weights.BatchOf(input));
        var results = Op.Call2(
            _input, input, hidden, _weights.List(), _weights.Bias, _weights.Layers, _weights.Dropout, training,
            _weights.Bidirectional, _weights.BatchFirst);
        if (h0 is null)
        {
            hidden.Dispose();
        }

        return results;
    }

    public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => base.call(input, h0!);

    /// <summary>The same for sequences of different lengths; the hidden state is in the order of the sequences as they were packed.</summary>
    public (PackedSequence, Tensor) call(PackedSequence input, Tensor? h0 = null)
    {
        using var scope = NewDisposeScope();
        var hidden = input.Sorted(h0 ?? _weights.Zeros(input.data, input.BatchSize));
        var (data, last) = Op.Call2(
            _data, input.data, input.batch_sizes, hidden, _weights.List(), _weights.Bias, _weights.Layers, _weights.Dropout, training,
            _weights.Bidirectional);
        return (input.With(data).MoveToOuterDisposeScope(), input.Unsorted(last).MoveToOuterDisposeScope());
    }

    /// <summary>Does nothing: the weights are given to libtorch one by one.</summary>
    public void flatten_parameters()
    {
    }

    public Parameter? get_bias_ih(long idx) => get_parameter($"bias_ih_l{idx}");

    public Parameter? get_bias_hh(long idx) => get_parameter($"bias_hh_l{idx}");

    public Parameter get_weight_ih(long idx) => get_parameter($"weight_ih_l{idx}")!;

    public Parameter get_weight_hh(long idx) => get_parameter($"weight_hh_l{idx}")!;
}
