using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Attention of a sequence to itself and two linear layers, each added to its input and normalised. [steps, batch, features].</summary>
public sealed class TransformerEncoderLayer : nn.Module<Tensor, Tensor>
{
    private readonly nn.Activations _activation;
    private readonly double _dropout;

    [ComponentName(Name = "self_attn")]
    private readonly MultiheadAttention _attention;
    [ComponentName(Name = "linear1")]
    private readonly Linear _widen;
    [ComponentName(Name = "linear2")]
    private readonly Linear _narrow;
    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _firstNorm;
    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _secondNorm;

    internal TransformerEncoderLayer(long d_model, long nhead, long dim_feedforward, double dropout, nn.Activations activation)
        : base(nameof(TransformerEncoderLayer))
    {
        (_dropout, _activation) = (dropout, activation);
        _attention = new MultiheadAttention(d_model, nhead, dropout, true, false, false, d_model, d_model);
        _widen = nn.Linear(d_model, dim_feedforward);
        _narrow = nn.Linear(dim_feedforward, d_model);
        _firstNorm = nn.LayerNorm(d_model);
        _secondNorm = nn.LayerNorm(d_model);
        Copy = () => new(d_model, nhead, dim_feedforward, dropout, activation);
        RegisterComponents();
    }

    /// <summary>Another layer of the same shape, with first values of its own.</summary>
    internal Func<TransformerEncoderLayer> Copy { get; }

    public override Tensor forward(Tensor src) => call(src, null!, null!);

    public Tensor call(Tensor src, Tensor? src_mask) => call(src, src_mask, null);

    /// <param name="src">[steps, batch, features]</param>
    /// <param name="src_mask">[steps, steps]: where attention is forbidden, or what is added to the scores; null for none.</param>
    /// <param name="src_key_padding_mask">[batch, steps], true where a step is padding; null for none.</param>
    public Tensor call(Tensor src, Tensor? src_mask, Tensor? src_key_padding_mask)
    {
        using var scope = NewDisposeScope();
        var (attended, _) = _attention.call(src, src, src, src_key_padding_mask, false, src_mask);
        var first = _firstNorm.call(src.add(Drop(attended)));
        var wide = _widen.call(first);
        wide = _activation == nn.Activations.ReLU ? nn.functional.relu(wide) : nn.functional.gelu(wide);
        return _secondNorm.call(first.add(Drop(_narrow.call(Drop(wide))))).MoveToOuterDisposeScope();
    }

    private Tensor Drop(Tensor tensor) => nn.functional.dropout(tensor, _dropout, training);
}
