using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Sum, mean or maximum of rows of a table, for each bag of rows.</summary>
public sealed class EmbeddingBag : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly double? _maxNorm;
    private readonly double _normType;
    private readonly bool _scaleByFrequency;
    private readonly EmbeddingBagMode _mode;
    private readonly bool _sparse;
    private readonly bool _lastOffset;
    private readonly long? _padding;
    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    internal EmbeddingBag(
        Parameter weight, double? maxNorm, double normType, bool scaleByFrequency, EmbeddingBagMode mode, bool sparse, bool lastOffset, long padding)
        : base(nameof(EmbeddingBag))
    {
        _maxNorm = maxNorm;
        _normType = normType;
        _scaleByFrequency = scaleByFrequency;
        _mode = mode;
        _sparse = sparse;
        _lastOffset = lastOffset;
        _padding = padding < 0 ? null : padding;
        this.weight = weight;
    }

    public Parameter? weight
    {
        get => _weight;
        set => Assign(nameof(weight), ref _weight, value ?? throw new ArgumentNullException(nameof(value)));
    }

    /// <param name="input">Rows: [bags, rows in each], or one list of all bags with <paramref name="offsets"/>.</param>
    /// <param name="offsets">Where in the list each bag begins; null with a two-dimensional input.</param>
    /// <param name="perSampleWeights">A weight for each row, in sum mode; null for none.</param>
    public override Tensor forward(Tensor input, Tensor offsets, Tensor perSampleWeights)
    {
        if (_maxNorm is { } bound)
        {
            using var noGrad = no_grad();
            Op.Do("embedding_renorm_", _weight!, input, bound, _normType);
        }

        if (offsets is not null)
        {
            return Bags(input, offsets, perSampleWeights);
        }

        var (bags, width) = (input.shape[0], input.shape[1]);
        using var starts = arange(0, bags * width, width, dtype: input.dtype, device: input.device);
        using var list = input.reshape(-1);
        using var weights = perSampleWeights?.reshape(-1);
        return Bags(list, starts, weights);
    }

    public new Tensor call(Tensor input, Tensor offsets, Tensor perSampleWeights) => base.call(input, offsets, perSampleWeights);

    public Tensor call(Tensor input, Tensor offsets) => base.call(input, offsets, null!);

    public Tensor call(Tensor input) => base.call(input, null!, null!);

    private Tensor Bags(Tensor rows, Tensor starts, Tensor? weights) => Op.Call(
        "embedding_bag.padding_idx", _weight!, rows, starts, _scaleByFrequency, (long)_mode, _sparse, weights, _lastOffset, _padding);
}
