using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A table of vectors; the input holds rows of it.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private readonly long _padding;
    private readonly double? _maxNorm;
    private readonly double _normType;
    private readonly bool _scaleByFrequency;
    private readonly bool _sparse;
    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    internal Embedding(Parameter weight, long? padding, double? maxNorm, double normType, bool scaleByFrequency, bool sparse)
        : base(nameof(Embedding))
    {
        var rows = weight.shape[0];
        CheckPadding(padding, rows);
        _padding = padding switch
        {
            null => -1,
            < 0 => padding.Value + rows,
            _ => padding.Value,
        };
        _maxNorm = maxNorm;
        _normType = normType;
        _scaleByFrequency = scaleByFrequency;
        _sparse = sparse;
        this.weight = weight;
    }

    public Parameter? weight
    {
        get => _weight;
        set => Assign(nameof(weight), ref _weight, value ?? throw new ArgumentNullException(nameof(value)));
    }

    public override Tensor forward(Tensor input)
    {
        if (_maxNorm is { } bound)
        {
            using var noGrad = no_grad();
            Op.Do("embedding_renorm_", _weight!, input, bound, _normType);
        }

        return Op.Call("embedding", _weight!, input, _padding, _scaleByFrequency, _sparse);
    }

    /// <summary>A new table, normally distributed, with zeros in the row for padding.</summary>
    internal static Parameter NewTable(long rows, long width, long? padding, Device? device, ScalarType? dtype)
    {
        CheckPadding(padding, rows);
        var table = Fresh.Parameter([rows, width], device, dtype);
        nn.init.normal_(table);
        if (padding is { } row)
        {
            using var noGrad = no_grad();
            using var vector = table.select(0, row);
            vector.zero_();
        }

        return table;
    }

    private static void CheckPadding(long? padding, long rows)
    {
        if (padding is { } row && (row >= rows || row < -rows))
        {
            throw new ArgumentException($"padding_idx is {row}, but the table has {rows} rows.", nameof(padding));
        }
    }
}
