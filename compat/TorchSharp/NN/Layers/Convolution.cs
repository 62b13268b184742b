using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What the convolutions share: weight, bias and the window's settings, one number for each spatial dimension.</summary>
public abstract class Convolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(bias))]
    private Parameter? _biasParameter;
    [ComponentName(Name = nameof(weight))]
    private Parameter? _weightParameter;

    private protected Convolution(string name, ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(name)
    {
        shape.Check();
        in_channels = shape.In;
        out_channels = shape.Out;
        kernel_size = shape.Kernel;
        stride = shape.Stride;
        padding = shape.Padding;
        padding_type = shape.PaddingType;
        padding_mode = shape.Mode;
        dilation = shape.Dilation;
        output_padding = shape.OutputPadding;
        groups = shape.Groups;
        transposed = shape.Transposed;
        (weight, bias) = Fresh.WeightAndBias(shape.Weight, shape.Out, hasBias, device, dtype);
    }

    public long in_channels { get; }

    public long out_channels { get; }

    public bool transposed { get; }

    public Padding? padding_type { get; private set; }

    public long[]? padding { get; private set; }

    public PaddingModes padding_mode { get; set; }

    public long groups { get; set; }

    public long[] kernel_size { get; set; }

    public long[] stride { get; set; }

    public long[] dilation { get; set; }

    public long[] output_padding { get; set; }

    public Parameter? bias
    {
        get => _biasParameter;
        set => Assign(nameof(bias), ref _biasParameter, value);
    }

    public Parameter weight
    {
        get => _weightParameter!;
        set => Assign(nameof(weight), ref _weightParameter, value ?? throw new ArgumentNullException(nameof(value)));
    }

    public void reset_parameters()
    {
        nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));
        if (bias is not null)
        {
            var (fanIn, _) = nn.init.CalculateFanInAndFanOut(weight);
            var bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
            nn.init.uniform_(bias, -bound, bound);
        }
    }

    public void SetPadding(long[] padding) => (this.padding, padding_type) = (padding, null);

    public void SetPadding(Padding padding) => (this.padding, padding_type) = (null, padding);

    private protected Tensor Apply(string op, string opByName, Tensor input)
    {
        var (padded, left, ours) = Pad(input);
        var result = padding_type is { } kind && !ours
            ? Op.Call(opByName, padded, weight, bias, stride, kind == Padding.Same ? "same" : "valid", dilation, groups)
            : Op.Call(op, padded, weight, bias, stride, left, dilation, groups);
        if (ours)
        {
            padded.Dispose();
        }

        return result;
    }

    /// <summary>The input padded as the mode says, and the padding that is left for the operator; zeros are the operator's own.</summary>
    private protected (Tensor Input, long[] Padding, bool Padded) Pad(Tensor input)
    {
        if (padding_mode == PaddingModes.Zeros)
        {
            return (input, padding ?? [], false);
        }

        var sides = new long[kernel_size.Length * 2];
        for (var i = 0; i < kernel_size.Length; i++)
        {
            // Pairs come last dimension first; with "same", what does not halve goes to the end.
            var total = padding is not null ? padding[i] * 2 : padding_type == Padding.Same ? dilation[i] * (kernel_size[i] - 1) : 0;
            var at = 2 * (kernel_size.Length - 1 - i);
            sides[at] = total / 2;
            sides[at + 1] = total - (total / 2);
        }

        return (nn.functional.pad(input, sides, padding_mode), new long[kernel_size.Length], true);
    }
}
