using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Encoder layers one after the other, which all begin with the values of the layer given.</summary>
public sealed class TransformerEncoder : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<TransformerEncoderLayer> _layers;

    internal TransformerEncoder(TransformerEncoderLayer layer, long layers)
        : base(nameof(TransformerEncoder))
    {
        _layers = new ModuleList<TransformerEncoderLayer>([.. Enumerable.Range(0, (int)layers).Select(_ => layer.Copy())]);
        foreach (var copy in _layers)
        {
            copy.load_state_dict(layer.state_dict());
        }

        RegisterComponents();
    }

    /// <param name="src">[steps, batch, features]</param>
    /// <param name="src_mask">[steps, steps]: where attention is forbidden, or what is added to the scores; null for none.</param>
    /// <param name="src_key_padding_mask">[batch, steps], true where a step is padding; null for none.</param>
    public override Tensor forward(Tensor src, Tensor? src_mask, Tensor? src_key_padding_mask)
    {
        using var scope = NewDisposeScope();
        var current = src.alias();
        foreach (var layer in _layers)
        {
            current = layer.call(current, src_mask, src_key_padding_mask);
        }

        return current.MoveToOuterDisposeScope();
    }

    public Tensor call(Tensor src, Tensor? src_mask) => base.call(src, src_mask!, null!);

    public Tensor call(Tensor src) => base.call(src, null!, null!);
}
