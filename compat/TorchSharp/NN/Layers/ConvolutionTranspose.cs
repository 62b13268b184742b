using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What the transposed convolutions share.</summary>
public abstract class ConvolutionTranspose : Convolution
{
    private protected ConvolutionTranspose(string name, ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(name, shape, hasBias, device, dtype)
    {
        if (padding_mode != PaddingModes.Zeros)
        {
            throw new ArgumentException($"A transposed convolution pads with zeros only, not with {padding_mode}.", nameof(shape));
        }
    }

    public override Tensor forward(Tensor input) => forward(input, null);

    /// <param name="input">[batch, channels, spatial...]</param>
    /// <param name="output_size">The spatial size wanted, where the stride leaves a choice; null for the smallest.</param>
    public abstract Tensor forward(Tensor input, long[]? output_size);

    /// <summary>The padding at the end of the output that makes it the wanted size.</summary>
    private protected long[] OutputPadding(Tensor input, long[]? wanted)
    {
        if (wanted is null)
        {
            return output_padding;
        }

        var spatial = kernel_size.Length;
        var sizes = wanted.Length == spatial + 2 ? wanted[2..] : wanted;
        var shape = input.shape;
        var result = new long[spatial];
        for (var i = 0; i < spatial; i++)
        {
            var smallest = ((shape[shape.Length - spatial + i] - 1) * stride[i]) - (2 * padding![i]) + (dilation[i] * (kernel_size[i] - 1)) + 1;
            result[i] = sizes[i] - smallest;
            if (result[i] < 0 || result[i] >= Math.Max(stride[i], dilation[i]))
            {
                throw new ArgumentException(
                    $"Spatial dimension {i} can be {smallest} to {smallest + stride[i] - 1}, not {sizes[i]}.", nameof(wanted));
            }
        }

        return result;
    }
}

/// <summary>A transposed convolution over [batch, channels, length].</summary>
public sealed class ConvTranspose1d : ConvolutionTranspose
{
    internal ConvTranspose1d(ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(ConvTranspose1d), shape, hasBias, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) =>
        nn.functional.conv_transpose1d(
            input, weight, bias, stride[0], padding![0], OutputPadding(input, output_size)[0], dilation[0], groups);
}

/// <summary>A transposed convolution over [batch, channels, height, width].</summary>
public sealed class ConvTranspose2d : ConvolutionTranspose
{
    internal ConvTranspose2d(ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(ConvTranspose2d), shape, hasBias, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) =>
        nn.functional.conv_transpose2d(input, weight, bias, stride, padding, OutputPadding(input, output_size), dilation, groups);
}
