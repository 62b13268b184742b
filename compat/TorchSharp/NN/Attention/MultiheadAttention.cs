using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Attention of a sequence to another in several heads. Sequences are [steps, batch, features].</summary>
public sealed class MultiheadAttention : nn.Module<Tensor, Tensor, Tensor, Tensor, bool, Tensor, Tuple<Tensor, Tensor>>
{
    private readonly long _width;
    private readonly long _heads;
    private readonly double _dropout;
    private readonly bool _zeroSource;
    private readonly string[] _projections;

    [ComponentName(Name = "out_proj")]
    private readonly Linear _output;

    internal MultiheadAttention(
        long width, long heads, double dropout, bool bias, bool biasOfSource, bool zeroSource, long keyWidth, long valueWidth)
        : base(nameof(MultiheadAttention))
    {
        if (heads <= 0 || width % heads != 0)
        {
            throw new ArgumentException($"The width {width} cannot be divided among {heads} heads.", nameof(heads));
        }

        (_width, _heads, _dropout, _zeroSource) = (width, heads, dropout, zeroSource);

        // The output comes first: random numbers are drawn in Python's order.
        _output = nn.Linear(width, width, bias);
        var joint = keyWidth == width && valueWidth == width;
        _projections = joint ? ["in_proj_weight"] : ["q_proj_weight", "k_proj_weight", "v_proj_weight"];
        foreach (var (name, shape) in _projections.Zip(joint ? [[3 * width, width]] : new long[][] { [width, width], [width, keyWidth], [width, valueWidth] }))
        {
            var projection = Fresh.Parameter(shape, null, null);
            nn.init.xavier_uniform_(projection);
            register_parameter(name, projection);
        }

        if (bias)
        {
            var start = Fresh.Parameter([3 * width], null, null);
            nn.init.zeros_(start);
            register_parameter("in_proj_bias", start);
            nn.init.zeros_(_output.bias!);
        }

        if (biasOfSource)
        {
            foreach (var name in new[] { "bias_k", "bias_v" })
            {
                var row = Fresh.Parameter([1, 1, width], null, null);
                nn.init.xavier_normal_(row);
                register_parameter(name, row);
            }
        }

        RegisterComponents();
    }

    /// <param name="query">[targets, batch, features]</param>
    /// <param name="key">[sources, batch, key features]</param>
    /// <param name="value">[sources, batch, value features]</param>
    /// <param name="key_padding_mask">[batch, sources], true where a source is padding; null for none.</param>
    /// <param name="need_weights">Whether the attention is returned too, as the mean of the heads.</param>
    /// <param name="attn_mask">[targets, sources] or [batch * heads, targets, sources]: true where attention is forbidden, or what is added to the scores; null for none.</param>
    /// <returns>[targets, batch, features], and [batch, targets, sources] or null.</returns>
    public override Tuple<Tensor, Tensor> forward(
        Tensor query, Tensor key, Tensor value, Tensor? key_padding_mask, bool need_weights, Tensor? attn_mask)
    {
        using var scope = NewDisposeScope();
        var (targets, batch) = (query.shape[0], query.shape[1]);
        var q = Heads(Project(query, 0), batch).mul(Math.Pow(_width / _heads, -0.5));
        var (k, v) = (Project(key, 1), Project(value, 2));
        var added = 0;
        if (get_parameter("bias_k") is { } keyRow)
        {
            k = cat([k, keyRow.repeat(1, batch, 1)]);
            v = cat([v, get_parameter("bias_v")!.repeat(1, batch, 1)]);
            added++;
        }

        (k, v) = (Heads(k, batch), Heads(v, batch));
        if (_zeroSource)
        {
            k = cat([k, k.new_zeros(k.shape[0], 1, k.shape[2])], 1);
            v = cat([v, v.new_zeros(v.shape[0], 1, v.shape[2])], 1);
            added++;
        }

        var scores = q.bmm(k.transpose(1, 2));
        if (attn_mask is not null)
        {
            scores = scores.add(Scores(attn_mask, added, scores.dtype));
        }

        if (key_padding_mask is not null)
        {
            var mask = Scores(key_padding_mask, added, scores.dtype).unsqueeze(1).unsqueeze(1);
            scores = scores.view(batch, _heads, targets, -1).add(mask).view(batch * _heads, targets, -1);
        }

        var attention = nn.functional.softmax(scores, -1);
        attention = nn.functional.dropout(attention, _dropout, training);
        var joined = attention.bmm(v).transpose(0, 1).reshape(targets, batch, _width);
        var result = _output.call(joined).MoveToOuterDisposeScope();
        var weights = need_weights ? attention.view(batch, _heads, targets, -1).mean([1]).MoveToOuterDisposeScope() : null;
        return Tuple.Create(result, weights!);
    }

    public new Tuple<Tensor, Tensor> call(
        Tensor query, Tensor key, Tensor value, Tensor? key_padding_mask = null, bool need_weights = true, Tensor? attn_mask = null) =>
        base.call(query, key, value, key_padding_mask!, need_weights, attn_mask!);

    // The query's, the key's or the value's third of the joint projection, or its own.
    private Tensor Project(Tensor input, int which)
    {
        var bias = get_parameter("in_proj_bias")?.narrow(0, which * _width, _width);
        var weight = _projections.Length == 1
            ? get_parameter(_projections[0])!.narrow(0, which * _width, _width)
            : get_parameter(_projections[which])!;
        return nn.functional.linear(input, weight, bias);
    }

    // [steps, batch, width] as [batch * heads, steps, width of a head]
    private Tensor Heads(Tensor input, long batch) => input.contiguous().view(-1, batch * _heads, _width / _heads).transpose(0, 1);

    // A mask as numbers to add, with places for the sources that were added.
    private static Tensor Scores(Tensor mask, int added, ScalarType type)
    {
        var padded = added == 0 ? mask : nn.functional.pad(
            mask.to(mask.dtype == ScalarType.Bool ? ScalarType.Byte : mask.dtype), (0L, added)).to(mask.dtype);
        return padded.dtype == ScalarType.Bool ? zeros_like(padded, dtype: type).masked_fill_(padded, double.NegativeInfinity) : padded.to(type);
    }
}
